"""Notes over HTTP, each a blob. The platform provides the identity; there is no key to lose."""

import os

from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
from flask import Flask, request

# DefaultAzureCredential reads AZURE_TOKEN_CREDENTIALS and AZURE_CLIENT_ID: main.bicep sets both.
account = BlobServiceClient(os.environ["BLOB_ENDPOINT"], DefaultAzureCredential())
notes = account.get_container_client("notes")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024


@app.put("/notes/<name>")
def store(name: str) -> tuple[str, int]:
    """Store the body of the request under this name."""
    notes.upload_blob(name, request.get_data(), overwrite=True)
    return "", 204


@app.get("/notes")
def names() -> list[str]:
    """Return the names of all notes."""
    return list(notes.list_blob_names())
