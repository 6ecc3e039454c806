"""A bus behind TLS on free ports of 127.0.0.1, and the unmodified SDK as its client."""

import asyncio
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import trustme
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.servicebus import ServiceBusClient, TransportType
from azure.servicebus.aio import ServiceBusClient as AsyncClient
from joserfc.jwk import RSAKey

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import Audit, Gate, Record, read
from sandbox.deployment import Namespace, Principal
from sandbox.entra import BUS, BUS_AUDIENCES, Issuer, SigningKey, Verifier
from sandbox.rbac import Policy
from sandbox.servicebus import Limits
from sandbox.servicebus.context import Throttle, take_all
from sandbox.servicebus.serve.entity import Entity
from sandbox.servicebus.serve.sessions import SessionLocks
from sandbox.servicebus.serve.subqueue import Subqueue
from sandbox.supervisor.data_planes import service_bus
from tests.sandbox.servicebus.world import ASSIGNMENTS, NAMESPACE, PRINCIPALS, TENANT

T = TypeVar("T")


@cache
def signing_key() -> SigningKey:
    """Return one key for all tests: generating one is slow."""
    return SigningKey.of(RSAKey.generate_key(2048))


@cache
def authority() -> trustme.CA:
    """Return the authority that signs the listeners' certificate."""
    return trustme.CA()


@cache
def trust() -> ssl.SSLContext:
    """Return a context that trusts the listeners. The services pass theirs to the SDK, too."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


@dataclass
class Credential:
    """A credential of a principal, with tokens of a lifetime in seconds."""

    principal: Principal
    lifetime: int = 3600
    audience: str = BUS
    issuer: Issuer = field(default_factory=lambda: Issuer(signing_key(), TENANT))
    asked: int = 0

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return a fresh token."""
        self.asked += 1
        token = self.issuer.issue(self.principal, self.audience, lifetime=self.lifetime)
        return AccessToken(token.text, token.expires_on)


@dataclass
class AsyncCredential:
    """A credential for asynchronous clients."""

    credential: Credential

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return a fresh token."""
        return self.credential.get_token()

    async def close(self) -> None:
        """Close nothing."""

    async def __aenter__(self) -> "AsyncCredential":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close nothing."""


class Running:
    """A bus in a thread of its own, listening on AMQP and on WebSocket."""

    def __init__(
        self,
        folder: Path,
        namespace: Namespace = NAMESPACE,
        limits: Limits | None = None,
        key: SigningKey | None = None,
        assumed: Assumptions = LIKELY,
        *,
        throttle: Throttle = take_all,
    ) -> None:
        self.folder = folder
        names = {each.principal_id: each.name for each in PRINCIPALS.values()}
        self._audit = Audit(folder / "audit.jsonl")
        self.gate = Gate(Policy(ASSIGNMENTS), self._audit)
        self.bus = service_bus(
            namespace,
            Verifier([key or signing_key()], TENANT, BUS_AUDIENCES, names),
            self.gate,
            folder / "bus.sqlite",
            assumed=assumed,
            limits=limits,
            throttle=throttle,
        )
        self.namespace = namespace
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.ports: dict[TransportType, int] = {}
        self.plain_port = 0

    def __enter__(self) -> "Running":
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stop())
        self.give_up()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the bus's own thread. Return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def client(
        self,
        name: str,
        transport: TransportType = TransportType.Amqp,
        credential: Credential | None = None,
        **options: Any,
    ) -> ServiceBusClient:
        """Return the SDK's client of a principal, by default without retries."""
        return ServiceBusClient(
            self.namespace.host,
            credential or Credential(PRINCIPALS[name]),
            custom_endpoint_address=f"sb://127.0.0.1:{self.ports[transport]}",
            transport_type=transport,
            ssl_context=trust(),
            **({"retry_total": 0} | options),
        )

    def async_client(self, name: str) -> AsyncClient:
        """Return the SDK's asynchronous client of a principal, without retries."""
        return AsyncClient(
            self.namespace.host,
            AsyncCredential(Credential(PRINCIPALS[name])),
            custom_endpoint_address=f"sb://127.0.0.1:{self.ports[TransportType.Amqp]}",
            transport_type=TransportType.Amqp,
            ssl_context=trust(),
            retry_total=0,
        )

    def records(self) -> list[Record]:
        """Return the records of the audit so far."""
        return list(read(self.folder / "audit.jsonl"))

    def give_up(self) -> None:
        """End the thread of a bus that did not start."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._audit.close()

    @contextmanager
    def failing_store(self) -> Iterator[None]:
        """Let every commit fail, as on a full disk."""
        store = self.bus._store
        commit = store.commit

        def fail() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        store.commit = fail  # type: ignore[method-assign]
        try:
            yield
        finally:
            store.commit = commit  # type: ignore[method-assign]

    @contextmanager
    def failing_audit(self) -> Iterator[None]:
        """Let every record fail, as on a full disk."""
        write = self._audit.write

        def fail(record: Record) -> None:
            raise OSError("No space left on device")

        self._audit.write = fail  # type: ignore[method-assign]
        try:
            yield
        finally:
            self._audit.write = write  # type: ignore[method-assign]

    def locked(self, queue: str) -> int:
        """Return how many messages of a queue are locked."""

        async def count() -> int:
            return sum(each.lock is not None for each in self._queue(queue)._queue.browse(0))

        return self.run(count())

    def purge(self, queue: str) -> None:
        """Delete all messages of a queue, locked or not."""

        async def drop() -> None:
            subqueue = self._queue(queue)
            for each in list(subqueue._queue.browse(0)):
                subqueue.delete(each)

        self.run(drop())

    def _queue(self, name: str) -> Subqueue:
        return self._entity(name).active

    def session_locks(self, queue: str) -> SessionLocks:
        """Return the locks on the sessions of a queue, for tests that look inside."""
        sessions = self._entity(queue).sessions
        assert sessions is not None
        return sessions._locks

    def end_session(self, queue: str, name: str) -> None:
        """Tell the receiver of a session that its lock has ended."""

        async def tell() -> None:
            lock = self.session_locks(queue).get(name)
            assert lock
            lock.on_lost()

        self.run(tell())

    def _entity(self, queue: str) -> Entity:
        entities = self.bus._context.broker.entities
        return entities[f"{self.namespace.id}/queues/{queue}".lower()]

    def held(self) -> dict[str, int]:
        """Return how many messages each subqueue holds."""

        async def count() -> dict[str, int]:
            entities = self.bus._context.broker.entities.values()
            return {each.path: len(each) for entity in entities for each in entity.subqueues}

        return self.run(count())

    async def _start(self) -> None:
        await self.bus.start()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority().issue_cert("127.0.0.1", self.namespace.host).configure_cert(context)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.bus.amqp_protocol, "127.0.0.1", 0, ssl=context)
        # Without TLS, as behind the edge: for clients that are not the SDK.
        self._plain = await loop.create_server(self.bus.amqp_protocol, "127.0.0.1", 0)
        self.plain_port = self._plain.sockets[0].getsockname()[1]
        self._runner = web.AppRunner(self.bus.application(), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self.ports = {
            TransportType.Amqp: self._server.sockets[0].getsockname()[1],
            TransportType.AmqpOverWebsocket: self._runner.addresses[0][1],
        }

    async def _stop(self) -> None:
        self._server.close()
        self._plain.close()
        await self.bus.stop()
        await self._runner.cleanup()
        await asyncio.sleep(0.05)


def in_parallel(work: Callable[[T], object], things: Iterable[T]) -> None:
    """Call `work` with all things in parallel: the SDK mostly sleeps."""
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(work, each) for each in things]:
            done.result()


def until(true: Callable[[], T], patience: float = 60) -> T:
    """Return the first true result of `true`. Raises AssertionError if none comes in time."""
    deadline = time.monotonic() + patience
    while not (result := true()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return result
