"""Print the number of thumbnails."""

import os
from pathlib import Path

from azure.storage.blob import BlobServiceClient

lines = Path(__file__).with_name("settings.env").read_text().split()
settings = dict(line.split("=", 1) for line in lines)
account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], settings["ACCOUNT_KEY"])
container = account.get_container_client(settings["CONTAINER"])
print(sum(1 for _ in container.list_blobs()))
