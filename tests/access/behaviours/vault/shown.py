"""Secrets as the vault shows them, with their versions."""

import re
from collections.abc import Iterator
from typing import Any

from tests.access.actor import Actor
from tests.access.behaviours.vault.asked import KEY, ask

_VERSION = re.compile(r"[0-9a-f]{32}")


def versions(actor: Actor, path: str = KEY) -> list[dict[str, Any]]:
    """All versions of a secret."""
    return [each for page in pages(actor, f"{path}/versions") for each in page["value"]]


def pages(actor: Actor, link: str) -> Iterator[dict[str, Any]]:
    """Each page of a list; an absolute link names the port."""
    while link:
        page = ask(actor, "GET", link).json()
        yield page
        link = (page["nextLink"] or "").removeprefix(f"https://{actor.hosts.vault}:443")


def version_of(described: dict[str, Any]) -> str:
    return str(described["id"].rpartition("/")[2])


def assert_described(actor: Actor, secret: dict[str, Any]) -> None:
    """A version's address, and its attributes in whole seconds and days."""
    start, _, version = secret["id"].rpartition("/")
    assert start == f"https://{actor.hosts.vault}{KEY}"
    assert _VERSION.fullmatch(version)
    attributes = secret["attributes"]
    assert 0 < attributes["created"] <= attributes["updated"]
    days = attributes["recoverableDays"]
    assert 7 <= days <= 90
    level = "Recoverable" if days == 90 else "CustomizedRecoverable"
    assert attributes["recoveryLevel"] in {level, f"{level}+Purgeable"}
