"""Somebody who acts: the SDK's clients with one identity's credential."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from azure.core.credentials import TokenCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusClient, TransportType
from azure.storage.blob import BlobServiceClient

from services.common import bus


@dataclass(frozen=True)
class Hosts:
    """Where the data services are; `amqp_port` is that of loopback, if the namespace is there."""

    account: str
    vault: str
    namespace: str
    amqp_port: int | None = None


@dataclass
class Actor:
    """One identity with its clients. Nothing is tried again: a refusal is what is asked for."""

    name: str
    credential: TokenCredential
    hosts: Hosts

    @cached_property
    def account(self) -> BlobServiceClient:
        return BlobServiceClient(
            f"https://{self.hosts.account}", self.credential, retry_total=0, read_timeout=30
        )

    @cached_property
    def vault(self) -> SecretClient:
        return SecretClient(f"https://{self.hosts.vault}", self.credential, retry_total=0)

    @contextmanager
    def bus(self) -> Iterator[ServiceBusClient]:
        """A client of its own for each use: a right is asked for when a link is attached.

        Plain AMQP to loopback, whatever HTTPS_PROXY would have; and closed behind the test's back,
        since the SDK takes a second for that.
        """
        client = self._bus_client()
        try:
            yield client
        finally:
            threading.Thread(target=client.close).start()

    def _bus_client(self) -> ServiceBusClient:
        if self.hosts.amqp_port is None:
            return bus.open_client(self.hosts.namespace, self.credential)
        return ServiceBusClient(
            self.hosts.namespace,
            self.credential,
            transport_type=TransportType.Amqp,
            custom_endpoint_address=f"sb://127.0.0.1:{self.hosts.amqp_port}",
            ssl_context=ssl.create_default_context(),
            retry_total=0,
        )


# Finds out which answer to a question that nobody has seen Azure answer is the right one.
Probe = Callable[[Actor], str]
