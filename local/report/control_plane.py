"""Azure Resource Manager and the logs of apps, read through the Azure CLI.

`az rest` returns the REST API's documented responses and needs no extension.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from infra import azure_cli
from infra.azd.events import Event, events_in
from local.report import safe_text
from local.report.safe_text import SafeText

# The maximum: https://learn.microsoft.com/cli/azure/containerapp/logs
LONGEST_LOG = 300
_PAGES = 20

Json = Mapping[str, Any]


class UnseenError(Exception):
    """Azure does not show this; `why` is safe to publish, the message is Azure's error."""

    def __init__(self, why: SafeText, said: str) -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True)
class ControlPlane:
    """A resource group, and the subscription that it is in."""

    subscription: str
    group: str

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    def one(self, path: str, version: str) -> Json:
        """Return one resource. Raises UnseenError."""
        return self._get(f"{path}?api-version={version}")

    def listed(self, path: str, version: str, search: str = "") -> Iterator[Json]:
        """Return every entry of a list; `search` is its $filter. Raises UnseenError."""
        url = f"{path}?api-version={version}"
        if search:
            url += f"&$filter={quote(search)}"
        for _ in range(_PAGES):
            page = self._get(url)
            yield from page.get("value") or ()
            url = page.get("nextLink") or ""
            if not url:
                return

    def log(self, app: str, revision: str, replica: str) -> list[str]:
        """Return the last lines of a replica's log. Raises UnseenError."""
        which = ("--revision", revision, "--replica", replica, "--format", "text")
        return self._log(app, *which)

    def events(self, app: str) -> Sequence[Event]:
        """Return the last system events of an app. Raises UnseenError."""
        return events_in(self._log(app, "--type", "system"))

    def _get(self, url: str) -> Json:
        found = self._ask("rest", "--method", "get", "--url", url)
        return found if isinstance(found, dict) else {}

    def _log(self, app: str, *which: str) -> list[str]:
        here = ("--name", app, "--resource-group", self.group, "--tail", str(LONGEST_LOG))
        with _az_errors():
            command = ("containerapp", "logs", "show", *here, *which)
            return azure_cli.run(*command, subscription=self.subscription).splitlines()

    def _ask(self, *arguments: str) -> Any:
        with _az_errors():
            return azure_cli.ask(*arguments, subscription=self.subscription)


@contextmanager
def _az_errors() -> Iterator[None]:
    try:
        yield
    except azure_cli.NotInstalledError as error:
        raise UnseenError(SafeText("there is no Azure CLI here"), str(error)) from error
    except azure_cli.CommandFailedError as error:
        raise UnseenError(_code_in(error.said), str(error)) from error
    except ValueError as error:
        raise UnseenError(SafeText("the Azure CLI printed no JSON"), str(error)) from error


def _code_in(said: str) -> SafeText:
    """Return the code in an error: `Forbidden({"error": {"code": "x"...` or `(x) The client...`."""
    if "az login" in said:
        return SafeText("the Azure CLI is not signed in")
    for pattern in (r'"code": *"(\w+)"', r"\((\w+)\)", r"(\w+)"):
        for each in re.findall(pattern, said):
            if (found := safe_text.code(each)) != safe_text.ANOTHER_CODE:
                return found
    return safe_text.ANOTHER_CODE
