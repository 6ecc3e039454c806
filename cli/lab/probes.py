"""Real requests through the Azure SDK, each with the right that it needs.

They create one small blob in each container that takes it, and change nothing else: a condition
that cannot hold keeps a write from happening, a queue is peeked at. Azure authorizes first.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock
from typing import Any

import requests
from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusClient, ServiceBusSender
from azure.servicebus.exceptions import ServiceBusError
from azure.storage.blob import BlobClient, BlobServiceClient

from sandbox.deployment import Deployment
from sandbox.deployment.short_names import subscription_of
from sandbox.rbac import Requirement
from sandbox.testing.identity import Credential

_CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
_BLOB = f"{_CONTAINER}/blobs"
_IN_VAULT = "Microsoft.KeyVault/vaults/secrets"
_MESSAGE = "Microsoft.ServiceBus/namespaces/messages"
_ASSIGN = "Microsoft.Authorization/roleAssignments/write"
_NONE_SUCH = f"lab-{uuid.UUID(int=0)}"
_NEVER = '"0x0"'  # an ETag that no blob has
_MANAGEMENT = "https://management.azure.com"
_TIMEOUT = 30  # seconds
# A sender's keep-alive thread takes a second to end; a receiver has one in any case.
_NO_THREAD = 0


class Caller:
    """The clients of one identity. Used within a block of any identity of its sandbox."""

    def __init__(self, deployment: Deployment, credential: Credential) -> None:
        """Open no connection."""
        self._deployment = deployment
        self._credential = _Kept(credential)
        self._stack = ExitStack()

    @cached_property
    def storage(self) -> BlobServiceClient:
        url = f"https://{self._deployment.storage.host}"
        made = BlobServiceClient(url, self._credential, retry_total=0)
        return self._stack.enter_context(made)

    @cached_property
    def vault(self) -> SecretClient:
        url = f"https://{self._deployment.vault.host}"
        made = SecretClient(url, self._credential, retry_total=0)
        return self._stack.enter_context(made)

    @cached_property
    def management(self) -> requests.Session:
        return self._stack.enter_context(requests.Session())

    @cached_property
    def bus(self) -> ServiceBusClient:
        made = ServiceBusClient(self._deployment.bus.host, self._credential, retry_total=0)
        return self._stack.enter_context(made)

    def management_token(self) -> str:
        """Return a token for Azure Resource Manager."""
        token: str = self._credential.get_token(f"{_MANAGEMENT}/.default").token
        return token

    def close(self) -> None:
        """Close every connection."""
        self._stack.close()


class _Kept:
    """A credential that asks once for each scope: the requests of a check are over in seconds.

    It reads no variable of this process, so several identities can act side by side.
    """

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self._tokens: dict[tuple[str, ...], Any] = {}
        self._turn = Lock()

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """Return a token as `Credential` does. Raises as it does."""
        with self._turn:
            if scopes not in self._tokens:
                self._tokens[scopes] = self._credential.get_token(*scopes)
            return self._tokens[scopes]


@dataclass(frozen=True)
class Probe:
    """A request, the right that it needs, and its name in a sentence: "read a blob in ...".

    One that `waits` takes a second, most of which its client is asleep.
    """

    does: str
    needs: Requirement
    request: Callable[[Caller], object]
    waits: bool = False

    def send(self, caller: Caller) -> None:
        """Send the request; the audit has the decision, so the answer does not matter."""
        with suppress(AzureError, ServiceBusError, requests.RequestException):
            self.request(caller)


def probes_of(deployment: Deployment, kinds: Sequence[str]) -> Iterator[Probe]:
    """Yield the probes of these kinds: blobs, secrets, messages."""
    for each in kinds:
        yield from _KINDS[each](deployment)


def _blobs(deployment: Deployment) -> Iterator[Probe]:
    account = deployment.storage
    for name in account.containers:
        on, needs = f"in containers/{name}", partial(Requirement.of, account.container_id(name))
        yield Probe(f"read a blob {on}", needs(f"{_BLOB}/read"), _on_blob(name, _read))
        yield Probe(
            f"create a blob {on}",
            needs(f"{_BLOB}/write", f"{_BLOB}/add/action"),
            _on_blob(name, _create),
        )
        yield Probe(f"replace a blob {on}", needs(f"{_BLOB}/write"), _on_blob(name, _replace))
        yield Probe(f"delete a blob {on}", needs(f"{_BLOB}/delete"), _on_blob(name, _delete))
        yield _assign(f"containers/{name}", account.container_id(name))


def _secrets(deployment: Deployment) -> Iterator[Probe]:
    vault = deployment.vault
    listed = Requirement.of(vault.id, f"{_IN_VAULT}/readMetadata/action")
    yield Probe("list the secrets of the vault", listed, _list_secrets)
    for name in (each.name for each in vault.secrets):
        needs = partial(Requirement.of, vault.secret_id(name))
        yield Probe(f"read secrets/{name}", needs(f"{_IN_VAULT}/getSecret/action"), _get(name))
        yield Probe(f"update secrets/{name}", needs(f"{_IN_VAULT}/update/action"), _update(name))
    yield _assign("the vault", vault.id)


def _messages(deployment: Deployment) -> Iterator[Probe]:
    send, receive = f"{_MESSAGE}/send/action", f"{_MESSAGE}/receive/action"
    for queue in deployment.bus.queues:
        needs, name = partial(Requirement.of, queue.id), queue.name
        yield Probe(f"send to queues/{name}", needs(send), _send_to_queue(name))
        yield Probe(f"receive from queues/{name}", needs(receive), _peek(name), waits=True)
    for topic in deployment.bus.topics:
        needs = partial(Requirement.of, topic.id)
        yield Probe(f"send to topics/{topic.name}", needs(send), _send_to_topic(topic.name))
        for each in topic.subscriptions:
            needs = partial(Requirement.of, each.id)
            does = f"receive from subscriptions/{each.name}"
            yield Probe(does, needs(receive), _peek(topic.name, each.name), waits=True)


_KINDS = {"blobs": _blobs, "secrets": _secrets, "messages": _messages}


def _on_blob(container: str, act: Callable[[BlobClient], object]) -> Callable[[Caller], object]:
    return lambda caller: act(caller.storage.get_blob_client(container, _NONE_SUCH))


def _read(blob: BlobClient) -> object:
    return blob.download_blob().readall()


def _create(blob: BlobClient) -> object:
    # An impossible condition beside "must not exist yet" would change the right that is needed.
    return blob.upload_blob(b"lab", overwrite=False)


def _replace(blob: BlobClient) -> object:
    return blob.upload_blob(
        b"lab", overwrite=True, etag=_NEVER, match_condition=MatchConditions.IfNotModified
    )


def _delete(blob: BlobClient) -> object:
    return blob.delete_blob()


def _list_secrets(caller: Caller) -> object:
    return next(caller.vault.list_properties_of_secrets().by_page(), None)


def _get(name: str) -> Callable[[Caller], object]:
    return lambda caller: caller.vault.get_secret(name)


def _update(name: str) -> Callable[[Caller], object]:
    version = uuid.UUID(int=0).hex  # no secret has it
    return lambda caller: caller.vault.update_secret_properties(name, version)


def _send_to_queue(name: str) -> Callable[[Caller], object]:
    return lambda caller: _open(caller.bus.get_queue_sender(name, keep_alive=_NO_THREAD))


def _send_to_topic(name: str) -> Callable[[Caller], object]:
    return lambda caller: _open(caller.bus.get_topic_sender(name, keep_alive=_NO_THREAD))


def _open(sender: ServiceBusSender) -> None:
    """Open the link of a sender, which needs the right, and send nothing."""
    with sender:
        sender.create_message_batch()


def _peek(*entity: str) -> Callable[[Caller], object]:
    def peek(caller: Caller) -> None:
        of = caller.bus.get_subscription_receiver if entity[1:] else caller.bus.get_queue_receiver
        with of(*entity) as receiver:
            receiver.peek_messages()

    return peek


def _assign(name: str, scope: str) -> Probe:
    """Return the request for an assignment of a role that does not exist, which assigns nothing."""
    nothing = str(uuid.UUID(int=0))
    roles = "providers/Microsoft.Authorization"
    subscription = subscription_of(scope)
    properties = {
        "principalId": nothing,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{subscription}/{roles}/roleDefinitions/{nothing}",
    }

    def ask(caller: Caller) -> None:
        token = caller.management_token()
        caller.management.put(
            f"{_MANAGEMENT}{scope}/{roles}/roleAssignments/{nothing}",
            params={"api-version": "2022-04-01"},
            headers={"Authorization": f"Bearer {token}"},
            json={"properties": properties},
            timeout=_TIMEOUT,
        )

    return Probe(f"assign roles on {name}", Requirement.of(scope, _ASSIGN, data=False), ask)
