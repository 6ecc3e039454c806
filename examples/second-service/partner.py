"""A partner for your machine: prints each webhook that the key signed, and refuses others (401)."""

import os
from pathlib import Path

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

app = Flask(__name__)


@app.post("/notes")
def receive() -> tuple[str, int]:
    """Receive a webhook. The key is read each time, so that a new one counts at once."""
    key = Path(os.environ["KEY_FILE"]).read_text().strip()
    try:
        Webhook(key).verify(request.get_data(), dict(request.headers), json_parse=False)
    except WebhookVerificationError:
        return "", 401
    print(request.get_data(as_text=True), flush=True)
    return "", 204
