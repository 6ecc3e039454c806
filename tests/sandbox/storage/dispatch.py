"""Azurite's own dispatch of a request to an operation, without a server."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.state import PROJECT
from sandbox.storage.forward import Forwarded
from sandbox.storage.installation import find_node
from sandbox.storage.signing import signed_headers

BLOB_SERVER = PROJECT / "sandbox/storage/azurite/node_modules/azurite/dist/src/blob/main.js"


@dataclass(frozen=True)
class Dispatched:
    """The operation that Azurite would carry out, and its resource."""

    operation: str
    account: str
    container: str = ""
    blob: str = ""


class Dispatch:
    """A node process that holds Azurite's dispatch."""

    def __init__(self, account: str, host: str) -> None:
        self._account, self._host = account, host
        script = Path(__file__).with_name("dispatch.js")
        self._node = subprocess.Popen(
            [find_node(), str(script), str(BLOB_SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Dispatch":
        return self

    def __exit__(self, *_: object) -> None:
        self._node.terminate()
        self._node.communicate()

    def of(self, forwarded: Forwarded) -> Dispatched:
        """Return the dispatch of `forwarded`, as it would be sent."""
        bodiless = forwarded.method in {"GET", "HEAD", "DELETE"}
        headers = signed_headers(forwarded, None if bodiless else 0, self._account, b"key")
        headers = {key.lower(): value for key, value in headers.items()} | {"host": self._host}
        return self.ask(forwarded.method, forwarded.target, headers)

    def ask(self, method: str, target: str, headers: dict[str, str]) -> Dispatched:
        assert self._node.stdin
        assert self._node.stdout
        question = {"method": method, "target": target, "headers": headers}
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        return Dispatched(**{key: value or "" for key, value in answer.items()})
