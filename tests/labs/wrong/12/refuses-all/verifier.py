"""Prints for each token of a file, one on each line, whether the catalog's API accepts it.

The check writes tokens.txt. To run it yourself, with W=.keyless/labs/12/work:

    ./keyless as catalog -- .venv/bin/python $W/verifier.py $W/tokens.txt
"""

import os
import sys
from pathlib import Path
from typing import Any

import jwt
import requests

API = os.environ["CATALOG_AUDIENCE"]
ISSUER = f"https://login.microsoftonline.com/{os.environ['AZURE_TENANT_ID']}/v2.0"

discovery = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
keys = jwt.PyJWKClient(discovery["jwks_uri"])


def verify(token: str) -> dict[str, Any]:
    """Return the claims of a token that the API accepts. Raises jwt.PyJWTError."""
    raise jwt.InvalidTokenError("the wrong way: safe, and of no use")


for line in Path(sys.argv[1]).read_text("utf-8").splitlines():
    try:
        verify(line)
        print("accepted")
    except jwt.PyJWTError as error:
        print(f"refused: {error}")
