"""Probes for rights: each sends the least invasive request that needs the right.

Data roles do not allow reading role assignments, so there is no other way to find out. The services
prove their rights at each start with the same requests.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.keyvault.secrets import SecretClient
from azure.servicebus.exceptions import ServiceBusAuthorizationError, ServiceBusError
from azure.storage.blob import ContainerClient

from local.azd_values import Values
from local.rights import ADD, GET_SECRET, READ, READ_TAGS, RECEIVE, SEND, WRITE, Right
from services.common import blobs, bus
from services.common.bus import SendError

_PEEK_TIMEOUT = 15  # seconds; a namespace that hangs attaches no link
# The SDK gives a WebSocket one second for each step of its opening, which a busy machine may miss.
_TRIES = 3


@dataclass(frozen=True)
class Missing:
    """A right that did not work: refused, or not testable; `why` is Azure's error."""

    right: Right
    refused: bool
    why: str


@dataclass(frozen=True)
class Endpoints:
    """The endpoints of an environment's data services: two URLs and a host name.

    One that is empty follows from the name of the resource that a scope is in.
    """

    blobs: str = ""
    vault: str = ""
    namespace: str = ""

    @classmethod
    def of(cls, values: Values) -> "Endpoints":
        """Return those of a deployed environment, from its outputs. Raises ValuesError."""
        return cls(
            values["AZURE_STORAGE_BLOB_ENDPOINT"],
            values["AZURE_KEY_VAULT_ENDPOINT"],
            values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"],
        )

    def blobs_of(self, scope: str) -> str:
        """Return the address of the storage account that `scope` is in."""
        account = _name_in(scope, "storageAccounts")
        return self.blobs or f"https://{account}.blob.core.windows.net"

    def vault_of(self, scope: str) -> str:
        """Return the address of the vault that `scope` is in."""
        return self.vault or f"https://{_name_in(scope, 'vaults')}.vault.azure.net"

    def namespace_of(self, scope: str) -> str:
        """Return the host of the namespace that `scope` is in."""
        return self.namespace or f"{_name_in(scope, 'namespaces')}.servicebus.windows.net"


@dataclass(frozen=True)
class Prober:
    """Probes rights with one credential in one environment."""

    credential: TokenCredential
    endpoints: Endpoints

    def missing(self, right: Right) -> Missing | None:
        """Return why `right` does not work; None if it does."""
        try:
            for action in right.actions:
                self._probe(action, right.scope)
        except (ServiceBusAuthorizationError, SendError, AzureError, OSError, ValueError) as error:
            return Missing(right, _is_refusal(error), _sentence(error))
        return None

    def _probe(self, action: str, scope: str) -> None:
        """Send the request of an action, and again if its connection did not open in time."""
        for left in reversed(range(_TRIES)):
            try:
                self._probes[action](scope)
            except ServiceBusError as error:
                if not left or not _opened_late(error):
                    raise
            else:
                return

    @property
    def _probes(self) -> Mapping[str, Callable[[str], object]]:
        return {
            READ: lambda scope: blobs.prove_read(self._container(scope)),
            ADD: lambda scope: blobs.prove_create(self._container(scope)),
            WRITE: lambda scope: blobs.prove_create(self._container(scope)),
            READ_TAGS: lambda scope: blobs.prove_tags(self._container(scope)),
            GET_SECRET: lambda scope: self._vault(scope).get_secret(_name(scope)),
            SEND: self._prove_send,
            RECEIVE: self._prove_receive,
        }

    def _container(self, scope: str) -> ContainerClient:
        account = blobs.open_account(self.endpoints.blobs_of(scope), self.credential, retries=1)
        return account.get_container_client(_name(scope))

    def _vault(self, scope: str) -> SecretClient:
        return SecretClient(self.endpoints.vault_of(scope), self.credential)

    def _prove_send(self, scope: str) -> None:
        with bus.open_client(self.endpoints.namespace_of(scope), self.credential) as client:
            is_queue = "/queues/" in scope
            open_sender = client.get_queue_sender if is_queue else client.get_topic_sender
            with closing(open_sender(_name(scope))) as sender:
                bus.await_credit(sender)

    def _prove_receive(self, scope: str) -> None:
        """Peek, which needs the right to receive but neither removes nor locks a message."""
        with bus.open_client(self.endpoints.namespace_of(scope), self.credential) as client:
            receiver: Any
            if "/queues/" in scope:
                receiver = client.get_queue_receiver(_name(scope))
            else:
                *_, topic, _, name = scope.split("/")
                receiver = client.get_subscription_receiver(topic, name)
            with receiver:
                receiver.peek_messages(timeout=_PEEK_TIMEOUT)


def _name_in(scope: str, kind: str) -> str:
    """Return the name of the resource of this kind that `scope` is or is in."""
    parts = scope.split("/")
    kinds = [each.lower() for each in parts]
    return parts[kinds.index(kind.lower()) + 1]


def _is_refusal(error: BaseException) -> bool:
    """Return whether Azure identified the caller and refused."""
    if isinstance(error, ClientAuthenticationError):  # there was no token, or it was not valid
        return False
    status = getattr(error, "status_code", None)
    return isinstance(error, ServiceBusAuthorizationError) or (
        isinstance(error, HttpResponseError) and status == 403
    )


def _opened_late(error: ServiceBusError) -> bool:
    """Return whether a connection timed out while it opened, by the text of websocket-client.

    It is all that tells these errors from others: azure-servicebus 7.15 has no class for them. A
    `receive` or a `send` on an open connection "did not complete within the allotted timeout".
    """
    return "timed out" in str(error)


def _name(scope: str) -> str:
    return scope.rpartition("/")[2]


def _sentence(error: BaseException) -> str:
    """Return the service's error without tracking ids; a HEAD has only a code."""
    if isinstance(error, HttpResponseError):
        code = getattr(error, "error_code", None) or getattr(error.error, "code", None)
        return f"{error.status_code} {code or error.reason}"
    lines = (_of_token(error) or str(error)).strip().splitlines() or [type(error).__name__]
    said = lines[0]
    for behind in (" Resource:", " To know more visit", " TrackingId:"):
        said = said.partition(behind)[0]
    return said.strip().rstrip(".")


def _of_token(error: BaseException | None) -> str:
    """Return why Service Bus refused a token; empty if it did not.

    azure-servicebus keeps this in an inner exception.
    """
    while error is not None:
        said = getattr(error, "status_description", "")
        if said:
            return said.decode() if isinstance(said, bytes) else str(said)
        error = getattr(error, "inner_exception", None) or error.__cause__
    return ""
