"""An HTTP session for services without an SDK."""

from http.cookiejar import DefaultCookiePolicy

import requests


def open_session() -> requests.Session:
    """Return a session that threads may share, since it keeps no cookies."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session
