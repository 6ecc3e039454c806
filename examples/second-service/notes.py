"""Notes over HTTP, each a blob; a message tells the notifier of each stored note."""

import os
from uuid import uuid4

from azure.identity import DefaultAzureCredential
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.storage.blob import BlobServiceClient
from flask import Flask, request

credential = DefaultAzureCredential()
account = BlobServiceClient(os.environ["BLOB_ENDPOINT"], credential)
notes = account.get_container_client("notes")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024


@app.put("/notes/<name>")
def store(name: str) -> tuple[str, int]:
    """Store the body of the request under this name, then send the message.

    If the message fails, so does the request: the caller repeats it, and stores the same note.
    """
    notes.upload_blob(name, request.get_data(), overwrite=True)
    send(name)
    return "", 204


@app.get("/notes")
def names() -> list[str]:
    """Return the names of all notes."""
    return list(notes.list_blob_names())


def send(name: str) -> None:
    """Send the name of a note. Each request opens a link: the SDK's client is not thread-safe."""
    with (
        ServiceBusClient(os.environ["BUS_NAMESPACE"], credential) as client,
        client.get_queue_sender("stored") as sender,
    ):
        sender.send_messages(ServiceBusMessage(name, message_id=str(uuid4())))
