"""The readiness of the services that run in the sandbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from sandbox.edge import Address


@dataclass(frozen=True)
class Readiness:
    """The answer of /readyz: ready, or the operations and scopes that are not yet proved."""

    ready: bool
    failing: tuple[str, ...] = ()


async def readiness(session: aiohttp.ClientSession, place: Address) -> Readiness:
    """Return the readiness of the service at `place`; not ready while it does not answer."""
    try:
        async with session.get(f"{place}/readyz") as answer:
            body = json.loads(await answer.text())
            failing = [_in_words(each) for each in body.get("failing", ())]
            return Readiness(answer.status == 200, tuple(failing))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Readiness(False)


def _in_words(failing: Mapping[str, str]) -> str:
    return " on ".join(filter(None, (failing.get("operation"), failing.get("scope"))))
