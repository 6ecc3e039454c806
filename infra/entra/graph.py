"""Microsoft Graph by `az rest`, whose errors are texts with Graph's own answer in them."""

import json
import time
from collections.abc import Collection, Sequence
from typing import Any

from infra import azure_cli

URL = "https://graph.microsoft.com/v1.0"
NOT_FOUND = "Request_ResourceNotFound"
# What Graph says of something that was made a moment ago and has not spread.
NOT_YET = frozenset({NOT_FOUND, "Request_BadRequest", "NoBackingApplicationObject"})

Json = dict[str, Any]


class Stop(Exception):
    """Why it cannot be done: one sentence."""


class Refused(Exception):
    """Graph's own refusal: its code, and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Graph:
    """Microsoft Graph, as whoever has signed in to the Azure CLI."""

    def __init__(self, pauses: Collection[float] = (1, 2, 4, 8, 15, 15)) -> None:
        """`pauses` are the seconds between two attempts at what has not spread."""
        self._pauses = pauses

    def find(self, path: str) -> Json | None:
        """What is at `path`, None if nothing is. Raises Refused or Stop."""
        try:
            return self.ask("GET", path)
        except Refused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise

    def patiently(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask, and again while Graph does not know what was just made. Raises Refused or Stop."""
        for pause in self._pauses:
            try:
                return self.ask(method, path, body)
            except Refused as refused:
                if refused.code not in NOT_YET:
                    raise
                time.sleep(pause)
        return self.ask(method, path, body)

    def ask(self, method: str, path: str, body: Json | None = None, *headers: str) -> Json:
        """One request; what it answers, if anything. Raises Refused or Stop."""
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
    """Of the form `ERROR: Forbidden({"error": {"code": ..., "message": ...}})`."""
    try:
        error = json.JSONDecoder().raw_decode(said, said.index("{"))[0]["error"]
        return Refused(error["code"], error["message"])
    except (ValueError, LookupError, TypeError):
        return Stop(f"az rest failed: {said.splitlines()[-1] if said else 'it said nothing'}")
