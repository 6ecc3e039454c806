"""Show Blob Storage one badge after the other, until one is taken."""

import os

import requests


def token(resource: str) -> str:
    answer = requests.get(
        os.environ["IDENTITY_ENDPOINT"],
        params={
            "api-version": "2019-08-01",
            "resource": resource,
            "client_id": os.environ["AZURE_CLIENT_ID"],
        },
        headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]},
        timeout=30,
    )
    return str(answer.json()["access_token"])


for each in map(token, ["https://vault.azure.net", "https://storage.azure.com"]):
    answer = requests.get(
        os.environ["AZURE_STORAGE_BLOB_ENDPOINT"] + "originals",
        params={"restype": "container", "comp": "list"},
        headers={"Authorization": f"Bearer {each}", "x-ms-version": "2025-11-05"},
        timeout=30,
    )
    print(answer.status_code)
