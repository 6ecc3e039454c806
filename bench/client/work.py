"""The shared parts of a client: credentials like the services', and timing."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import requests
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential

Work = Callable[..., Any]

WIDTH = 16


@cache
def credential() -> DefaultAzureCredential:
    """Return the credential of the identity in this process's environment."""
    client_id = os.environ.get("AZURE_CLIENT_ID")
    return DefaultAzureCredential(require_envvar=True, managed_identity_client_id=client_id)


def transport() -> Any:
    """Return a transport with a connection per thread; the SDK's own pool has ten.

    Used for the sandbox and the baseline alike.
    """
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=WIDTH))
    return RequestsTransport(session=session, session_owner=False)


def timed(once: Callable[[int], object], times: int, width: int) -> float:
    """Return the seconds of `times` calls of `once`, `width` of them at once."""
    if width == 1:
        begun = time.perf_counter()
        for number in range(times):
            once(number)
        return time.perf_counter() - begun
    with ThreadPoolExecutor(width) as pool:
        begun = time.perf_counter()
        for _ in pool.map(once, range(times)):
            pass
        return time.perf_counter() - begun


def timed_denials(once: Callable[[], object], times: int) -> list[float]:
    """Return the seconds until each call is refused. Raises ValueError if one is not."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        try:
            once()
        except HttpResponseError as error:
            found.append(time.perf_counter() - begun)
            if error.status_code != 403:
                raise
        else:
            raise ValueError("what had to be denied was allowed")
    return found
