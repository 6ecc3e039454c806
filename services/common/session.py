"""HTTP to services that no SDK covers."""

from http.cookiejar import DefaultCookiePolicy

import requests


def open_session() -> requests.Session:
    """Return one session for all threads, as azure-core shares its own; so it keeps no cookies."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session
