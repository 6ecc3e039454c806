"""Every plane of the real deployment behind the real edge, in this process, backends watched.

Azurite is a stand-in that counts what reaches it; the vault's store and the broker are the real
ones, and each request that gets to them is counted.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web

from sandbox.audit import FILE, Record, read
from sandbox.deployment import Deployment, load
from sandbox.edge import Address, AmqpListener, Certificate, Edge, ingress
from sandbox.keyvault import serve as vault_serve
from sandbox.servicebus import amqp_protocol
from sandbox.servicebus.admit import Admission
from sandbox.state import State
from sandbox.storage import Azurite, free_port
from sandbox.supervisor.planes import Planes, build
from sandbox.telemetry import serve as telemetry_serve

T = TypeVar("T")


class Stack:
    """The sandbox's own endpoints. `touched` names each backend that was reached, and by what.

    `apps` holds the addresses of the services that a test has started, by name.
    """

    def __init__(self, folder: Path, deployment: Deployment | None = None) -> None:
        self.state = State.open(folder)
        self.deployment = deployment or load(self.state)
        self.touched: list[str] = []
        self.apps: dict[str, Address] = {}
        self.port = self.amqp_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something where the planes live."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    @contextmanager
    def running(self) -> Iterator["Stack"]:
        """All endpoints, listening; no thread, port or file is left open behind."""
        self._thread.start()
        try:
            with pytest.MonkeyPatch.context() as patch:
                self._watch(patch)
                self.run(self._start())
                yield self
                self.run(self._stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    @property
    def planes(self) -> Planes:
        return self._planes

    @property
    def authority(self) -> Path:
        """The certificate authority that clients trust."""
        return self._certificate.authority

    def audit(self) -> list[Record]:
        return list(read(self.state.path(FILE)))

    def raw_audit(self) -> str:
        return self.state.path(FILE).read_text()

    def _watch(self, patch: pytest.MonkeyPatch) -> None:
        genuine: Any = Admission.serve

        def vault(store: Any, named: Any, content: bytes) -> Any:
            self.touched.append(f"vault {named.operation.name} {named.scope}")
            return vault_serve.serve(store, named, content)

        def bus(admission: Any, link: Any, granted: Any) -> Any:
            named = granted.named
            self.touched.append(f"bus {named.operation.name} {named.node.path}")
            return genuine(admission, link, granted)

        def telemetry(*given: Any) -> Any:
            self.touched.append("telemetry Track")
            return telemetry_serve.serve(*given)

        patch.setattr("sandbox.keyvault.plane.serve", vault)
        patch.setattr("sandbox.telemetry.plane.serve", telemetry)
        patch.setattr(Admission, "serve", bus)

    async def _azurite(self, request: web.Request) -> web.Response:
        self.touched.append(f"blob {request.method} {request.raw_path}")
        return web.Response(text="seen")

    async def _start(self) -> None:
        port = free_port()
        stand_in = web.Application()
        stand_in.router.add_route("*", "/{path:.*}", self._azurite)
        self._stand_in = web.AppRunner(stand_in, access_log=None, shutdown_timeout=0.1)
        await self._stand_in.setup()
        await web.TCPSite(self._stand_in, "127.0.0.1", port).start()
        folder, accounts = self.state.folder("azurite"), self.deployment.accounts
        azurites = [Azurite(each.name, each.host, folder, port) for each in accounts]
        self._planes = build(self.state, self.deployment, azurites)
        inside = ingress.routes(self.deployment.apps, self.apps, self._planes.gate)
        routes = self._planes.routes() | inside
        self._certificate = Certificate.keep(self.state, routes)
        for bus in self._planes.namespaces.values():
            await bus.start()
        self._edge = Edge(routes, self._certificate, self._planes.gate)
        protocol = amqp_protocol(self._planes.namespaces)
        self._amqp = AmqpListener(protocol, self._certificate)
        self.port = await self._edge.start()
        self.amqp_port = self._amqp.start()

    async def _stop(self) -> None:
        await self._amqp.stop()
        await self._edge.stop()
        for bus in self._planes.namespaces.values():
            await bus.stop()
        await self._stand_in.cleanup()
        self._planes.close()
        await asyncio.sleep(0.05)
