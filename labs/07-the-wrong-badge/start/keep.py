"""Write an entry of the index, as the catalog does for each photo."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], DefaultAzureCredential())
account.get_blob_client("catalog", "holiday.jpg").upload_blob(b"{}", overwrite=True)
print("written")
