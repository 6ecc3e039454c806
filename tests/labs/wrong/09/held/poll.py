"""Gets one token, and holds it: it never asks for another."""

import os
import sys
import time
from typing import Any

from azure.core.credentials import AccessToken
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

CREDENTIAL = DefaultAzureCredential(managed_identity_client_id=os.environ["AZURE_CLIENT_ID"])
TOKEN = CREDENTIAL.get_token("https://storage.azure.com/.default")


class Held:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return TOKEN


ACCOUNT = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], Held(), retry_total=0)
photos, pause = map(int, sys.argv[1:])
for number in range(photos):
    if number == photos // 2:
        time.sleep(pause)
    ACCOUNT.get_blob_client("thumbnails", f"photo-{number}").exists()
