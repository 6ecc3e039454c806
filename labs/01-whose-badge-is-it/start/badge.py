"""Read the badge of an identity: its token for Azure Storage, or for Key Vault with `vault`."""

import base64
import json
import sys

from azure.identity import DefaultAzureCredential

SERVICES = {"storage": "https://storage.azure.com", "vault": "https://vault.azure.net"}

service = SERVICES[sys.argv[1] if sys.argv[1:] else "storage"]
token = DefaultAzureCredential().get_token(f"{service}/.default").token
header, body, signature = token.split(".")
claims = json.loads(base64.urlsafe_b64decode(body + "=="))
print(json.dumps(claims, indent=2))

# Each of the three reads the wrong claim.
badge = {
    "client id": claims["oid"],  # what the code names: AZURE_CLIENT_ID
    "principal id": claims["appid"],  # what role assignments name
    "service": claims["iss"],  # what the token is for
}
print(json.dumps(badge))
