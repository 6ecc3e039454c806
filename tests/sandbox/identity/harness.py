"""A running identity endpoint, and requests to it."""

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from aiohttp import web

from sandbox.audit import FILE, Audit, Gate, Record, read
from sandbox.deployment import Deployment
from sandbox.entra import Issuer, SigningKey
from sandbox.identity import PATH, IdentityEndpoint
from sandbox.rbac import Policy

VERSION = "2019-08-01"
RESOURCE = "https://vault.azure.net"


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class RunningEndpoint:
    """The endpoint of all apps of a deployment; each app's header is `secret of <name>`."""

    def __init__(
        self,
        deployment: Deployment,
        key: SigningKey,
        folder: Path,
        **unknowns: Any,
    ) -> None:
        self.deployment = deployment
        self._file = folder / FILE
        self._audit = Audit(self._file)
        self.gate = gate = Gate(Policy.of(deployment), self._audit)
        apps = {f"secret of {each.name}": each for each in deployment.apps}
        issuer = Issuer(key, deployment.tenant_id, self.clock)
        self._endpoint = IdentityEndpoint(apps, issuer, gate, **unknowns)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        port = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        self.url = f"http://127.0.0.1:{port}{PATH}"
        self._session = requests.Session()
        self._session.trust_env = False

    def clock(self) -> float:
        """Return the issuer's time."""
        return time.time()

    def application(self, endpoint: IdentityEndpoint) -> web.Application:
        """Return the application that serves the endpoint."""
        return endpoint.application()

    def stop(self) -> None:
        """Leave no thread, port or file open behind."""
        self._session.close()
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._audit.close()

    async def _serve(self) -> int:
        self._runner = web.AppRunner(self.application(self._endpoint), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    def ask(self, app: str, method: str = "GET", **query: str) -> Reply:
        """A request of `app`'s code; `query` is added to the usual one."""
        headers = {"X-IDENTITY-HEADER": f"secret of {app}"}
        usual = {"api-version": VERSION, "resource": RESOURCE}
        return self.ask_with(headers, method, usual | query)

    def ask_with(self, headers: Mapping[str, str], method: str = "GET", query: Any = None) -> Reply:
        """A request with exactly these headers and this query."""
        usual = {"api-version": VERSION, "resource": RESOURCE}
        reply = self._session.request(
            method, self.url, headers=dict(headers), params=usual if query is None else query
        )
        return Reply(reply.status_code, reply.headers, reply.text)

    def audit(self) -> list[Record]:
        """Return the records of the audit."""
        return list(read(self._file))

    def raw_audit(self) -> str:
        """The audit as it is on disk."""
        return self._file.read_text()
