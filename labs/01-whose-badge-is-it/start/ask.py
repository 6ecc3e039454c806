"""List the originals without an SDK: one request for a token, and one to Blob Storage."""

import os

import requests

RESOURCE = "https://vault.azure.net"  # the service that the token is for

answer = requests.get(
    os.environ["IDENTITY_ENDPOINT"],
    params={
        "api-version": "2019-08-01",
        "resource": RESOURCE,
        "client_id": os.environ["AZURE_CLIENT_ID"],
    },
    headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]},
    timeout=30,
)
answer.raise_for_status()
token = answer.json()["access_token"]

answer = requests.get(
    os.environ["AZURE_STORAGE_BLOB_ENDPOINT"] + "originals",
    params={"restype": "container", "comp": "list"},
    headers={"Authorization": f"Bearer {token}", "x-ms-version": "2025-11-05"},
    timeout=30,
)
print(answer.status_code, answer.headers.get("x-ms-error-code", "OK"))
