"""Counts the photos that have a thumbnail: poll.py [PHOTOS] [PAUSE, in seconds]."""

import os
import sys
import time

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

ENDPOINT, CLIENT_ID = os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], os.environ["AZURE_CLIENT_ID"]


def has_thumbnail(photo: str) -> bool:
    credential = DefaultAzureCredential(managed_identity_client_id=CLIENT_ID)
    account = BlobServiceClient(ENDPOINT, credential, retry_total=0)
    with credential, account:
        return account.get_blob_client("thumbnails", photo).exists()


def main(photos: int = 60, pause: float = 0) -> None:
    found = 0
    for number in range(photos):
        if number == photos // 2:
            time.sleep(pause)  # the second half arrives later
        found += has_thumbnail(f"photo-{number}")
    print(f"{found} of {photos} photos have a thumbnail")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
