"""Sets a new signing key in the vault, and prints it, for the partner."""

import base64
import os
import secrets

from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

key = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
vault = SecretClient(os.environ["VAULT_ENDPOINT"], DefaultAzureCredential(process_timeout=60))
vault.set_secret("webhook-key", key, enabled=True)
print(key)
