"""One identity with the SDK's clients."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from azure.servicebus import ServiceBusClient, TransportType

from local.questions.asker import Asker
from services.common import bus


@dataclass
class Actor(Asker):
    """An identity with its clients; `amqp_port` is set if the namespace listens on loopback."""

    name: str = ""
    amqp_port: int | None = None

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
        if self.amqp_port is None:
            return bus.open_client(self.hosts.namespace, self.credential)
        return ServiceBusClient(
            self.hosts.namespace,
            self.credential,
            transport_type=TransportType.Amqp,
            custom_endpoint_address=f"sb://127.0.0.1:{self.amqp_port}",
            ssl_context=ssl.create_default_context(),
            retry_total=0,
        )
