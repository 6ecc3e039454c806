"""The operations of the table through the real SDK, each with the action that it requires."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.servicebus import (
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
    ServiceBusSubQueue,
)

from services.common import blobs
from services.common.bus import await_credit
from tests.access.actor import Actor
from tests.access.links import passing, receiver_of, sender_to

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_SECRETS = "Microsoft.KeyVault/vaults/secrets"
_MESSAGES = "Microsoft.ServiceBus/namespaces/messages"

Settle = Callable[[ServiceBusReceiver, ServiceBusReceivedMessage], object]

_THERE = "a-blob"
_VALUE = "a value"


@dataclass(frozen=True)
class Operation:
    """`do` takes the actor, an administrator with every right, and the entity.

    `actions` are those of which any will do. It raises the SDK's errors.
    """

    actions: tuple[str, ...]
    do: Callable[[Actor, Actor, str], object]


def _blob(*names: str) -> tuple[str, ...]:
    return tuple(f"{_BLOBS}/{each}" for each in names)


def _create(actor: Actor, _: Actor, container: str) -> None:
    blob = actor.account.get_blob_client(container, uuid.uuid4().hex)
    blob.upload_blob(b"new", overwrite=False)


def _replace(actor: Actor, admin: Actor, container: str) -> None:
    _put_there(admin, container)
    actor.account.get_blob_client(container, _THERE).upload_blob(b"other", overwrite=True)


def _read(actor: Actor, admin: Actor, container: str) -> None:
    _put_there(admin, container)
    actor.account.get_blob_client(container, _THERE).download_blob().readall()


def _list(actor: Actor, _: Actor, container: str) -> None:
    next(actor.account.get_container_client(container).list_blobs().by_page(), None)


def _delete(actor: Actor, admin: Actor, container: str) -> None:
    _put_there(admin, container)
    actor.account.get_blob_client(container, _THERE).delete_blob()


def _see_tags(actor: Actor, admin: Actor, container: str) -> None:
    _put_there(admin, container)
    actor.account.get_blob_client(container, _THERE).get_blob_tags()


def _set_tags(actor: Actor, admin: Actor, container: str) -> None:
    _put_there(admin, container)
    actor.account.get_blob_client(container, _THERE).set_blob_tags({"a": "b"})


def _find(actor: Actor, _: Actor, container: str) -> None:
    found = actor.account.get_container_client(container).find_blobs_by_tags("\"a\" = 'b'")
    next(found.by_page(), None)


def _put_there(admin: Actor, container: str) -> None:
    """Create the blob if it is missing: on Azure `admin`, the developer, cannot overwrite."""
    blobs.create(admin.account.get_container_client(container), _THERE, b"old", 3)


def _list_containers(actor: Actor, _admin: Actor, _account: str) -> None:
    next(actor.account.list_containers().by_page(), None)


def _create_container(actor: Actor, _admin: Actor, _account: str) -> None:
    actor.account.create_container(f"c{uuid.uuid4().hex}")


def _get(actor: Actor, _: Actor, secret: str) -> None:
    actor.vault.get_secret(secret)


def _set(actor: Actor, _: Actor, secret: str) -> None:
    actor.vault.set_secret(secret, _VALUE)


def _see_versions(actor: Actor, _: Actor, secret: str) -> None:
    next(actor.vault.list_properties_of_secret_versions(secret).by_page(), None)


def _list_secrets(actor: Actor, _admin: Actor, _vault: str) -> None:
    next(actor.vault.list_properties_of_secrets().by_page(), None)


def _update(actor: Actor, _: Actor, secret: str) -> None:
    actor.vault.update_secret_properties(secret, tags={"a": "b"})


def _delete_secret(actor: Actor, admin: Actor, secret: str) -> None:
    actor.vault.begin_delete_secret(secret)
    admin.vault.begin_recover_deleted_secret(secret).wait()


def _purge(actor: Actor, _: Actor, secret: str) -> None:
    with suppress(ResourceNotFoundError):  # only a caller with the right gets a 404
        actor.vault.purge_deleted_secret(secret)


def _recover(actor: Actor, _: Actor, secret: str) -> None:
    with suppress(ResourceNotFoundError):
        actor.vault.begin_recover_deleted_secret(secret)


def _back_up(actor: Actor, _: Actor, secret: str) -> None:
    actor.vault.backup_secret(secret)


def _send(actor: Actor, _: Actor, entity: str) -> None:
    with actor.bus() as client:
        sender = sender_to(client, entity)
        await_credit(sender)
        sender.send_messages(ServiceBusMessage(b"{}", message_id=uuid.uuid4().hex))


def _receive(actor: Actor, admin: Actor, entity: str) -> None:
    """A message is sent before, so that there is one to receive."""
    _send_to(admin, entity)
    _take(actor, entity, lambda receiver, message: receiver.complete_message(message))


def _receive_dead(actor: Actor, admin: Actor, entity: str) -> None:
    _send_to(admin, entity)
    _take(admin, entity, lambda receiver, message: receiver.dead_letter_message(message))
    dead = ServiceBusSubQueue.DEAD_LETTER
    _take(actor, entity, lambda receiver, message: receiver.complete_message(message), dead)


def _peek(actor: Actor, _: Actor, entity: str) -> None:
    with actor.bus() as client:
        receiver_of(client, entity).peek_messages()


def _take(actor: Actor, entity: str, settle: Settle, sub_queue: Any = None) -> None:
    with actor.bus() as client:
        receiver = receiver_of(client, entity, sub_queue=sub_queue)
        # Where others receive too, they may have been first; not to be refused is what counts.
        for message in receiver.receive_messages(max_message_count=1, max_wait_time=5):
            settle(receiver, message)


def _send_to(admin: Actor, entity: str) -> None:
    """A message that arrives at `entity`; a topic's goes to all that listen for such."""
    message = ServiceBusMessage(b"{}", message_id=uuid.uuid4().hex, subject=passing(entity))
    with admin.bus() as client:
        sender_to(client, entity.partition("/")[0]).send_messages(message)


OPERATIONS = {
    "create": Operation(_blob("write", "add/action"), _create),
    "replace": Operation(_blob("write"), _replace),
    "read": Operation(_blob("read"), _read),
    "list": Operation(_blob("read"), _list),
    "delete": Operation(_blob("delete"), _delete),
    "see tags": Operation(_blob("tags/read"), _see_tags),
    "set tags": Operation(_blob("tags/write"), _set_tags),
    "find by tags": Operation(_blob("filter/action"), _find),
    "list containers": Operation((f"{_CONTAINERS}/read",), _list_containers),
    "create container": Operation((f"{_CONTAINERS}/write",), _create_container),
    "get": Operation((f"{_SECRETS}/getSecret/action",), _get),
    "set": Operation((f"{_SECRETS}/setSecret/action",), _set),
    "see versions": Operation((f"{_SECRETS}/readMetadata/action",), _see_versions),
    "list secrets": Operation((f"{_SECRETS}/readMetadata/action",), _list_secrets),
    "update": Operation((f"{_SECRETS}/update/action",), _update),
    "delete secret": Operation((f"{_SECRETS}/delete",), _delete_secret),
    "purge": Operation((f"{_SECRETS}/purge/action",), _purge),
    "recover": Operation((f"{_SECRETS}/recover/action",), _recover),
    "back up": Operation((f"{_SECRETS}/backup/action",), _back_up),
    "send": Operation((f"{_MESSAGES}/send/action",), _send),
    "receive": Operation((f"{_MESSAGES}/receive/action",), _receive),
    "receive dead letters": Operation((f"{_MESSAGES}/receive/action",), _receive_dead),
    "peek": Operation((f"{_MESSAGES}/receive/action",), _peek),
}
