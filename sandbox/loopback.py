"""Requests to this machine itself, without the proxy that the environment may name.

A company's proxy cannot reach this machine's ports.
"""

from typing import Any

import requests


def open_session() -> requests.Session:
    """Return a session that ignores the environment's proxies and passwords."""
    session = requests.Session()
    session.trust_env = False
    return session


def ask(method: str, url: str, **options: Any) -> requests.Response:
    """Send one request, as `requests.request` does. Raises requests.RequestException."""
    with open_session() as session:
        return session.request(method, url, **options)
