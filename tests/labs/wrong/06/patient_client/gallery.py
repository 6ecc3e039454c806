"""Print the names of the thumbnails; only the credential does not try again."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

credential = DefaultAzureCredential(retry_total=0)
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], credential)
for blob in account.get_container_client("thumbnails").list_blobs():
    print(blob.name)
