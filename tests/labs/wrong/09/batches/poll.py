"""Makes a credential for each ten photos."""

import os
import sys
import time

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

photos, pause = map(int, sys.argv[1:])
for number in range(photos):
    if number == photos // 2:
        time.sleep(pause)
    if number % 10 == 0:
        credential = DefaultAzureCredential(
            managed_identity_client_id=os.environ["AZURE_CLIENT_ID"]
        )
        account = BlobServiceClient(
            os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], credential, retry_total=0
        )
    account.get_blob_client("thumbnails", f"photo-{number}").exists()
