"""What all work of a client shares: credentials as the services have them, and a clock."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import requests
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential

Work = Callable[..., Any]

WIDTH = 16


@cache
def credential() -> DefaultAzureCredential:
    """The identity that the environment gives this process."""
    client_id = os.environ.get("AZURE_CLIENT_ID")
    return DefaultAzureCredential(require_envvar=True, managed_identity_client_id=client_id)


def transport() -> Any:
    """As many connections as there are threads: the SDK's own ten are opened anew beyond ten.

    Ours and the baseline's alike.
    """
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=WIDTH))
    return RequestsTransport(session=session, session_owner=False)


def timed(once: Callable[[int], object], times: int, width: int) -> float:
    """The seconds that `times` calls of `once` take, `width` of them at once."""
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
