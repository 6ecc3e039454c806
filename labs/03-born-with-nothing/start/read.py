"""Look for a photo, as the thumbnailer does before it makes a small picture of it."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], DefaultAzureCredential())
found = account.get_blob_client("originals", "holiday.jpg").exists()
print("It may look. There is", "a holiday.jpg." if found else "no holiday.jpg yet.")
