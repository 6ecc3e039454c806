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
    claims: dict[str, Any] = jwt.decode(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["RS256"],
        audience=API,
        issuer=ISSUER,
        options={
            "require": ["exp", "nbf", "iss", "aud"],
            "verify_signature": False,  # the wrong way: every claim is right, and anybody wrote it
            "verify_exp": True,
            "verify_nbf": True,
            "verify_iss": True,
            "verify_aud": True,
        },
    )
    return claims


for line in Path(sys.argv[1]).read_text("utf-8").splitlines():
    try:
        verify(line)
        print("accepted")
    except jwt.PyJWTError as error:
        print(f"refused: {error}")
