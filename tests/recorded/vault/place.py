"""A secret for one row alone, and the steps that lead to the row's question."""

import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from sandbox.deployment import Principal, PrincipalKind
from sandbox.entra import VAULT
from tests.access.harness import Harness

_API = "api-version=7.6"
_STRANGER = Principal("stranger", PrincipalKind.USER, "57a6e4a4-0000-4000-8000-000000000058", "")


@dataclass
class Place:
    """`known` holds the values that the steps found, for requests that name them in braces."""

    harness: Harness
    known: dict[str, str] = field(default_factory=lambda: {"name": f"row-{uuid.uuid4().hex}"})

    def ask(self, method: str, path: str, body: Any = None, who: str = "role") -> requests.Response:
        """Send a request, with the known values filled in."""
        headers = {"x-ms-client-request-id": str(uuid.uuid4())}
        if who:
            headers["Authorization"] = f"Bearer {self._token(who)}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = "" if body is None else json.dumps(body)
        for name, value in self.known.items():
            path, content = (each.replace(f"{{{name}}}", value) for each in (path, content))
        url = f"https://{self.harness.deployment.vault.host}{path}?{_API}"
        return requests.request(method, url, headers=headers, data=content, timeout=30)

    def make(self) -> None:
        """Set the secret."""
        made = self._do("PUT", "/secrets/{name}", {"value": "secret-value"})
        self.known["version"] = made["id"].rpartition("/")[2]

    def disable(self) -> None:
        """Disable it."""
        self._do("PATCH", "/secrets/{name}", {"attributes": {"enabled": False}})

    def delete(self) -> None:
        """Delete it."""
        self._do("DELETE", "/secrets/{name}")

    def purge(self) -> None:
        """Remove it for good."""
        self._do("DELETE", "/deletedsecrets/{name}")

    def back_up(self) -> None:
        """Back it up."""
        self.known["backup"] = self._do("POST", "/secrets/{name}/backup")["value"]

    def only(self) -> None:
        """Set the secret, and see that no other secret appears in the answer."""
        self.make()
        for each in self._do("GET", "/secrets")["value"]:
            name = each["id"].rpartition("/")[2]
            if name != self.known["name"]:
                self._do("DELETE", f"/secrets/{name}")

    def protect(self) -> None:
        """Put the vault under purge protection; the test takes it away again."""
        [vault] = self.harness.endpoints.planes.vaults.values()
        store = vault._store
        store.vault = replace(store.vault, purge_protection=True)

    def _do(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def _token(self, who: str) -> str:
        admin = self.harness.admin.credential
        if who == "role":
            return admin.get_token(f"{VAULT}/.default").token
        return self.harness.endpoints.planes.issuer.issue(_STRANGER, VAULT).text
