"""Several namespaces share one socket: the OPEN frame of a connection names its namespace."""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, TransportType
from azure.servicebus.exceptions import ServiceBusAuthorizationError
from proton import ProtonException

from sandbox.assumptions import LIKELY
from sandbox.audit import Audit, Gate, read
from sandbox.deployment import Namespace, Queue
from sandbox.entra import BUS_AUDIENCES, Verifier
from sandbox.rbac import Policy
from sandbox.servicebus import amqp_protocol
from sandbox.supervisor.data_planes import service_bus
from tests.sandbox.servicebus import raw
from tests.sandbox.servicebus.harness import Credential, authority, signing_key, trust, until
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.raw import AMQP, SASL
from tests.sandbox.servicebus.world import ASSIGNMENTS, NAMESPACE, PRINCIPALS, TENANT

# The identity may send to `orders` of the first namespace, and to nothing of the second.
_ID = NAMESPACE.id.replace("sb-test", "sb-second")
SECOND = Namespace(
    _ID, "sb-second", (Queue(f"{_ID}/queues/orders", "orders", NAMESPACE.queues[0].settings),), ()
)


class Shared:
    """Two namespaces on one socket with TLS and on one without, in a thread of their own."""

    def __init__(self, folder: Path) -> None:
        self._audit = Audit(folder / "audit.jsonl")
        self.audit_file = folder / "audit.jsonl"
        gate = Gate(Policy(ASSIGNMENTS), self._audit)
        names = {each.principal_id: each.name for each in PRINCIPALS.values()}
        verifier = Verifier([signing_key()], TENANT, BUS_AUDIENCES, names)
        self.buses = {
            each.host: service_bus(each, verifier, gate, folder / each.name, assumed=LIKELY)
            for each in (NAMESPACE, SECOND)
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = self.plain_port = 0

    def __enter__(self) -> "Shared":
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._audit.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def client(self, namespace: Namespace) -> ServiceBusClient:
        return ServiceBusClient(
            namespace.host,
            Credential(PRINCIPALS["orders-sender"]),
            custom_endpoint_address=f"sb://127.0.0.1:{self.port}",
            transport_type=TransportType.Amqp,
            ssl_context=trust(),
            retry_total=0,
        )

    def messages(self) -> dict[str, int]:
        async def count() -> dict[str, int]:
            found = {}
            for host, bus in self.buses.items():
                found[host.partition(".")[0]] = bus.messages()["queues/orders"]
            return found

        counted: dict[str, int] = self.run(count())
        return counted

    async def _start(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority().issue_cert("127.0.0.1").configure_cert(context)
        for bus in self.buses.values():
            await bus.start()
        protocol = amqp_protocol(self.buses)
        self._servers = [
            await self._loop.create_server(protocol, "127.0.0.1", 0, ssl=context),
            await self._loop.create_server(protocol, "127.0.0.1", 0),
        ]
        self.port, self.plain_port = (each.sockets[0].getsockname()[1] for each in self._servers)

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for bus in self.buses.values():
            await bus.stop()
        await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with Shared(tmp_path_factory.mktemp("shared")) as running:
        yield running


def test_a_client_reaches_the_namespace_that_it_names_with_its_own_rights_there(
    shared: Shared,
) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(shared.client(each)) for each in (NAMESPACE, SECOND))
        stack.enter_context(first.get_queue_sender("orders")).send_messages(ServiceBusMessage("a"))
        with pytest.raises(ServiceBusAuthorizationError):
            second.get_queue_sender("orders").__enter__()
    assert until(lambda: shared.messages() == {"sb-test": 1, "sb-second": 0})
    scopes = {each.scope for each in read(shared.audit_file) if each.outcome == "denied"}
    assert scopes == {f"{SECOND.id}/queues/orders"}


def test_a_namespace_that_does_not_exist_is_refused_by_its_name(shared: Shared) -> None:
    with pytest.raises(ProtonException, match="sb-other"):
        Peer(shared.plain_port, host="sb-other.servicebus.windows.net").put_as("owner")


@pytest.mark.parametrize("opening", [b"", SASL, SASL + AMQP])
def test_noise_before_the_open_frame_ends_its_own_connection_at_most(
    shared: Shared, opening: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", shared.plain_port), timeout=30) as noisy:
        noisy.sendall(opening + b"\xff" * 64)
        with Peer(shared.plain_port) as peer:
            assert peer.put_as("orders-sender").code == 202


def test_a_handshake_in_pieces_is_answered_once(shared: Shared) -> None:
    """The namespace answers the handshake again when it takes over, and that is dropped."""
    hello = raw.hello(host=SECOND.host)
    with socket.create_connection(("127.0.0.1", shared.plain_port), timeout=30) as client:
        client.sendall(hello[: len(SASL)])
        answer = client.recv(4096)
        client.sendall(hello[len(SASL) :] + struct.pack(">IBBH", 70_000, 2, 0, 0))
        while b"amqp:connection:framing-error" not in answer:
            more = client.recv(4096)
            assert more, answer
            answer += more
    assert (answer.count(SASL), answer.count(AMQP)) == (1, 1)
