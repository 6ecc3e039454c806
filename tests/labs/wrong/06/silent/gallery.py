"""Print the names of the thumbnails, or nothing."""

import os

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

account = BlobServiceClient(
    os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], DefaultAzureCredential(), retry_total=0
)
try:
    for blob in account.get_container_client("thumbnails").list_blobs():
        print(blob.name)
except AzureError:
    print("ready")
