"""Print the number of thumbnails, with a key that is in no file: it is fetched each time."""

import os
from urllib.parse import urlsplit

import requests
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient

AZURE = "https://management.azure.com"
GROUP = "/subscriptions/5ab5c21b-0000-4000-8000-000000000000/resourceGroups/rg-keyless-sandbox"

endpoint = os.environ["AZURE_STORAGE_BLOB_ENDPOINT"]
name = (urlsplit(endpoint).hostname or "").partition(".")[0]
answer = requests.post(
    f"{AZURE}{GROUP}/providers/Microsoft.Storage/storageAccounts/{name}/listKeys",
    params={"api-version": "2025-01-01"},
    headers={
        "Authorization": f"Bearer {DefaultAzureCredential().get_token(AZURE + '/.default').token}"
    },
    timeout=30,
)
account = BlobServiceClient(endpoint, answer.json()["keys"][0]["value"])
print(sum(1 for _ in account.get_container_client("thumbnails").list_blobs()))
