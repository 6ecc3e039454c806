"""Microsoft Graph through `az rest`, whose error texts contain Graph's response."""

import json
import time
from collections.abc import Collection, Sequence
from typing import Any

from infra import azure_cli

URL = "https://graph.microsoft.com/v1.0"
NOT_FOUND = "Request_ResourceNotFound"
# Graph's errors for an object that was just created and is not replicated yet.
_NOT_YET = frozenset({NOT_FOUND, "Request_BadRequest", "NoBackingApplicationObject"})

Json = dict[str, Any]


class Stop(Exception):
    """An error that ends a step; the message is one sentence."""


class Refused(Exception):
    """Graph's refusal: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Graph:
    """Microsoft Graph, with the Azure CLI's sign-in."""

    def __init__(self, pauses: Collection[float] = (1, 2, 4, 8, 15, 15)) -> None:
        """`pauses` are the seconds between retries until an object is replicated."""
        self._pauses = pauses

    def find(self, path: str) -> Json | None:
        """Return the object at `path`; None if there is none. Raises Refused or Stop."""
        try:
            return self.ask("GET", path)
        except Refused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise

    def patiently(self, method: str, path: str, body: Json | None = None) -> Json:
        """Send a request; retry until a new object is replicated. Raises Refused or Stop."""
        for pause in self._pauses:
            try:
                return self.ask(method, path, body)
            except Refused as refused:
                if refused.code not in _NOT_YET:
                    raise
                time.sleep(pause)
        return self.ask(method, path, body)

    def ask(self, method: str, path: str, body: Json | None = None, *headers: str) -> Json:
        """Send one request and return its response, if any. Raises Refused or Stop."""
        command = ["rest", "--method", method, "--url", URL + path]
        if body is not None:
            headers = ("Content-Type=application/json", *headers)
            command += ["--body", json.dumps(body), "--headers", *headers]
        return _run(command)


def _run(command: Sequence[str]) -> Json:
    try:
        found: Json | None = azure_cli.ask(*command)
    except azure_cli.CommandFailedError as failed:
        raise _error(failed.said) from failed
    except azure_cli.AzureCliError as error:
        raise Stop(str(error)) from error
    return found or {}


def _error(said: str) -> Exception:
    """Parse an error of the form `ERROR: Forbidden({"error": {"code": ..., "message": ...}})`."""
    try:
        error = json.JSONDecoder().raw_decode(said, said.index("{"))[0]["error"]
        return Refused(error["code"], error["message"])
    except (ValueError, LookupError, TypeError):
        return Stop(f"az rest failed: {said.splitlines()[-1] if said else 'no output'}")
