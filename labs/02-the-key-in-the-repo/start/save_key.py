"""A colleague's shortcut: get the key of the storage account, and save it in settings.env."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import requests
from azure.identity import DefaultAzureCredential

AZURE = "https://management.azure.com"
GROUP = "/subscriptions/5ab5c21b-0000-4000-8000-000000000000/resourceGroups/rg-keyless-sandbox"

host = urlsplit(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"]).hostname or ""
account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{host.partition('.')[0]}"
token = DefaultAzureCredential().get_token(f"{AZURE}/.default").token
answer = requests.post(
    f"{AZURE}{account}/listKeys?api-version=2025-01-01",
    headers={"Authorization": f"Bearer {token}"},
    timeout=30,
)
answer.raise_for_status()
key = answer.json()["keys"][0]["value"]
Path(__file__).with_name("settings.env").write_text(f"CONTAINER=thumbnails\nACCOUNT_KEY={key}\n")
print("The key is in settings.env.")
