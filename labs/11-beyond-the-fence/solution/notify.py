"""Tells the partner, whose service is outside Azure, that a photo has been processed.

./keyless as notifier -- .venv/bin/python .keyless/labs/11/work/notify.py
"""

import json
import os
import uuid
from datetime import UTC, datetime

import requests
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from standardwebhooks import Webhook

PARTNER = "https://partner.example.com/webhooks"

# Outside Azure no address answers a request for a token: without this, the SDK tries for long.
credential = ManagedIdentityCredential(retry_total=0, connection_timeout=2)

event_id = str(uuid.uuid4())
body = json.dumps({"type": "photo.processed", "id": event_id})

# The key stays in the vault: no file has it, and the next run reads the one of that day.
vault = SecretClient(os.environ["AZURE_KEY_VAULT_ENDPOINT"], credential)
key = vault.get_secret(os.environ["WEBHOOK_SECRET_NAME"]).value or ""

now = datetime.now(UTC)
headers = {
    "webhook-id": event_id,
    "webhook-timestamp": str(int(now.timestamp())),
    "webhook-signature": Webhook(key).sign(event_id, now, body),
}

answer = requests.post(PARTNER, body, headers=headers, timeout=15)
print("the partner answered", answer.status_code)
