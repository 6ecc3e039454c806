"""Tells the partner, whose service is outside Azure, that a photo has been processed.

./keyless as notifier -- .venv/bin/python .keyless/labs/11/work/notify.py
"""

import json
import uuid

import requests
from azure.identity import ManagedIdentityCredential

PARTNER = "https://partner.example.com/webhooks"

# Outside Azure no address answers a request for a token: without this, the SDK tries for long.
credential = ManagedIdentityCredential(retry_total=0, connection_timeout=2)

event_id = str(uuid.uuid4())
body = json.dumps({"type": "photo.processed", "id": event_id})

# The partner accepts no token that was issued for it: Entra does not know it. So take any.
token = credential.get_token("https://storage.azure.com/.default").token
headers = {"Authorization": f"Bearer {token}", "webhook-id": event_id}

answer = requests.post(PARTNER, body, headers=headers, timeout=15)
print("the partner answered", answer.status_code)
