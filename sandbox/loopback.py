"""Requests to this machine itself, whatever proxy the environment names for the rest of the world.

A company's proxy knows nothing of this machine's ports, and no program of ours asks it for them.
"""

from typing import Any

import requests


def open_session() -> requests.Session:
    """A session that takes neither a proxy nor a password from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def ask(method: str, url: str, **options: Any) -> requests.Response:
    """Ask once, as `requests.request` does. Raises requests.RequestException."""
    with open_session() as session:
        return session.request(method, url, **options)
