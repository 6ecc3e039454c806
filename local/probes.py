"""Asks Azure itself whether somebody has a right, by the mildest real request that needs it.

Nobody's data roles allow reading role assignments, so nothing else can tell. The requests are
those by which the services prove their rights at each start.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.keyvault.secrets import SecretClient
from azure.servicebus.exceptions import ServiceBusAuthorizationError
from azure.storage.blob import ContainerClient

from local.azd_values import Values
from local.rights import ADD, GET_SECRET, READ, READ_TAGS, RECEIVE, SEND, WRITE, Right
from sandbox.deployment import Deployment
from services.common import blobs, bus
from services.common.bus import SendError

_PATIENCE = 15  # seconds for a peek; it gets no link to a namespace that hangs


@dataclass(frozen=True)
class Missing:
    """A right that could not be used: refused, or not to be asked for; `why` is Azure's word."""

    right: Right
    refused: bool
    why: str


@dataclass(frozen=True)
class Endpoints:
    """Where the data services of one environment are: two addresses, and a host name."""

    blobs: str
    vault: str
    namespace: str

    @classmethod
    def of(cls, values: Values) -> "Endpoints":
        """Those of a deployed environment, as its outputs tell. Raises ValuesError."""
        return cls(
            values["AZURE_STORAGE_BLOB_ENDPOINT"],
            values["AZURE_KEY_VAULT_ENDPOINT"],
            values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"],
        )

    @classmethod
    def of_snapshot(cls, deployment: Deployment) -> "Endpoints":
        """Those of the sandbox, whatever its services call the variables that hold them."""
        storage, vault = deployment.storage.host, deployment.vault.host
        return cls(f"https://{storage}", f"https://{vault}", deployment.bus.host)


@dataclass(frozen=True)
class Prober:
    """Asks with one credential in one environment."""

    credential: TokenCredential
    endpoints: Endpoints

    def missing(self, right: Right) -> Missing | None:
        """What keeps `right` from being used; None if nothing does."""
        try:
            for action in right.actions:
                self._probes[action](right.scope)
        except (ServiceBusAuthorizationError, SendError, AzureError, OSError, ValueError) as error:
            return Missing(right, is_refusal(error), _sentence(error))
        return None

    @property
    def _probes(self) -> Mapping[str, Callable[[str], object]]:
        return {
            READ: lambda scope: blobs.prove_read(self._container(scope)),
            ADD: lambda scope: blobs.prove_create(self._container(scope)),
            WRITE: lambda scope: blobs.prove_create(self._container(scope)),
            READ_TAGS: lambda scope: blobs.prove_tags(self._container(scope)),
            GET_SECRET: lambda scope: self._vault().get_secret(_name(scope)),
            SEND: self._prove_send,
            RECEIVE: self._prove_receive,
        }

    def _container(self, scope: str) -> ContainerClient:
        account = blobs.open_account(self.endpoints.blobs, self.credential, retries=1)
        return account.get_container_client(_name(scope))

    def _vault(self) -> SecretClient:
        return SecretClient(self.endpoints.vault, self.credential)

    def _prove_send(self, scope: str) -> None:
        with bus.open_client(self.endpoints.namespace, self.credential) as client:
            is_queue = "/queues/" in scope
            open_sender = client.get_queue_sender if is_queue else client.get_topic_sender
            with closing(open_sender(_name(scope))) as sender:
                bus.await_credit(sender)

    def _prove_receive(self, scope: str) -> None:
        """Peeking needs the right to receive, and neither takes nor locks a message."""
        with bus.open_client(self.endpoints.namespace, self.credential) as client:
            receiver: Any
            if "/queues/" in scope:
                receiver = client.get_queue_receiver(_name(scope))
            else:
                *_, topic, _, name = scope.split("/")
                receiver = client.get_subscription_receiver(topic, name)
            with receiver:
                receiver.peek_messages(timeout=_PATIENCE)


def is_refusal(error: BaseException) -> bool:
    """Whether Azure knew who asked and said no."""
    if isinstance(error, ClientAuthenticationError):  # no token was to be had, or it was not taken
        return False
    status = getattr(error, "status_code", None)
    return isinstance(error, ServiceBusAuthorizationError) or (
        isinstance(error, HttpResponseError) and status == 403
    )


def _name(scope: str) -> str:
    return scope.rpartition("/")[2]


def _sentence(error: BaseException) -> str:
    """What the service said, without its tracking ids; of a HEAD there is a code alone."""
    if isinstance(error, HttpResponseError):
        code = getattr(error, "error_code", None) or getattr(error.error, "code", None)
        return f"{error.status_code} {code or error.reason}"
    lines = (_of_token(error) or str(error)).strip().splitlines() or [type(error).__name__]
    said = lines[0]
    for behind in (" Resource:", " To know more visit", " TrackingId:"):
        said = said.partition(behind)[0]
    return said.strip().rstrip(".")


def _of_token(error: BaseException | None) -> str:
    """Return what Service Bus said of a token that it refused; azure-servicebus keeps that inside.

    Empty if nothing was said of one.
    """
    while error is not None:
        said = getattr(error, "status_description", "")
        if said:
            return said.decode() if isinstance(said, bytes) else str(said)
        error = getattr(error, "inner_exception", None) or error.__cause__
    return ""
