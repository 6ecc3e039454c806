"""Look for a thumbnail, as the gateway does for the gallery."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], DefaultAzureCredential())
print("holiday.jpg exists:", account.get_blob_client("thumbnails", "holiday.jpg").exists())
