"""The ingestion endpoint of the real deployment, behind the real edge, and its callers."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox.audit import Record
from sandbox.entra import MONITOR
from sandbox.telemetry import FILE, Item, everything
from tests.attacks.stack import Stack

TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass(frozen=True)
class Ingestion:
    """An exporter's requests to the endpoint, and the telemetry that it kept."""

    stack: Stack

    @property
    def key(self) -> str:
        return self.stack.deployment.insights.instrumentation_key

    def token(self, name: str = "gateway", audience: str = MONITOR) -> str:
        principal = self.stack.deployment.principal(name)
        return self.stack.planes.issuer.issue(principal, audience).text

    def envelope(self, **changed: Any) -> dict[str, Any]:
        """A request of one second, as the exporter writes it."""
        data = {"id": "b7ad6b7169203331", "duration": "0.00:00:01.500000", "name": "GET /photos"}
        said = {"ver": 2, "responseCode": "200", "success": True, "properties": {"photo": "6f1d"}}
        return {
            "ver": 1,
            "name": "Microsoft.ApplicationInsights.Request",
            "time": "2026-11-24T08:00:00.000000Z",
            "iKey": self.key,
            "tags": {"ai.cloud.role": "gateway", "ai.operation.id": TRACE},
            "data": {"baseType": "RequestData", "baseData": data | said},
        } | changed

    def send(
        self,
        content: Any,
        token: str | None = None,
        *,
        path: str = "/v2.1/track",
        method: str = "POST",
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """Send `content`, bytes as they are and all else as JSON, compressed as exporters do."""
        packed = (
            content if isinstance(content, bytes) else gzip.compress(json.dumps(content).encode())
        )
        given = {"Content-Encoding": "gzip", "Content-Type": "application/json"} | (headers or {})
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        return requests.request(
            method,
            f"https://{self.stack.deployment.insights.host}{path}",
            data=packed,
            headers=given,
            proxies={"https": f"http://127.0.0.1:{self.stack.port}"},
            verify=str(self.stack.authority),
            timeout=30,
        )

    def kept(self) -> list[Item]:
        return everything(self.stack.state.path(FILE))

    def last(self) -> Record:
        return self.stack.audit()[-1]


@pytest.fixture(scope="module")
def ingestion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingestion]:
    with Stack(tmp_path_factory.mktemp("telemetry")).running() as stack:
        yield Ingestion(stack)
