"""Print the names of the thumbnails, as the gateway."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

credential = DefaultAzureCredential()
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], credential)
for blob in account.get_container_client("thumbnails").list_blobs():
    print(blob.name)
