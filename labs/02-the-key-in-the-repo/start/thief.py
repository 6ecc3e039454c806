"""Use the key as a finder of settings.env can: without an identity, and without a token."""

import os
from pathlib import Path

from azure.storage.blob import BlobServiceClient

lines = Path(__file__).with_name("settings.env").read_text().split()
key = dict(line.split("=", 1) for line in lines)["ACCOUNT_KEY"]
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], key, retry_total=0)
photo = account.get_blob_client("originals", "holiday.jpg")
photo.upload_blob(b"a private photo", overwrite=True)
print("read:", photo.download_blob().readall())
photo.delete_blob()
print("deleted")
