"""Print the names of the originals, as the thumbnailer."""

import os

from azure.identity import ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient

credential = ManagedIdentityCredential()
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], credential)
for blob in account.get_container_client("originals").list_blobs():
    print(blob.name)
