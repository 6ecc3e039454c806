"""Sends four requests of the gateway with the tokens that it holds: ask.py [--new].

`held.json` has the tokens that it got at its start. With `--new`, it gets others.
"""

import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import requests
from azure.identity import DefaultAzureCredential

HELD = Path(__file__).with_name("held.json")
BLOBS, CATALOG = os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], os.environ["CATALOG_ENDPOINT"]
LIST = "?restype=container&comp=list"
AUDIENCES = {"storage": "https://storage.azure.com", "catalog": os.environ["CATALOG_AUDIENCE"]}
REQUESTS = {
    "thumbnails": ("storage", f"{BLOBS}thumbnails{LIST}"),
    "originals": ("storage", f"{BLOBS}originals{LIST}"),
    "index": ("storage", f"{BLOBS}catalog{LIST}"),
    "photos": ("catalog", f"{CATALOG}/photos"),
}


def new_tokens() -> dict[str, str]:
    """Return a token of the gateway for each audience."""
    client_id = os.environ["AZURE_CLIENT_ID"]
    with DefaultAzureCredential(managed_identity_client_id=client_id) as credential:
        return {
            name: credential.get_token(f"{of}/.default").token for name, of in AUDIENCES.items()
        }


def allowed(tokens: Mapping[str, str]) -> dict[str, bool]:
    """Send the four requests, and return for each whether it is allowed."""
    return {case: _allowed(url, tokens[of]) for case, (of, url) in REQUESTS.items()}


def _allowed(url: str, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2025-11-05"}
    answer = requests.get(url, headers=headers, timeout=30)
    if answer.status_code not in {200, 403}:
        sys.exit(f"{url} answered {answer.status_code}: {answer.text}")
    return answer.ok


def _app_roles(token: str) -> str:
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return ", ".join(claims.get("roles", ())) or "none"


def main() -> None:
    """Print each answer, and the app roles of the token that the catalog sees."""
    tokens = new_tokens() if "--new" in sys.argv else json.loads(HELD.read_text())
    for case, answer in allowed(tokens).items():
        print(f"{case:<12}{'allowed' if answer else 'denied'}")
    print(f"The catalog's token has these app roles: {_app_roles(tokens['catalog'])}")


if __name__ == "__main__":
    main()
