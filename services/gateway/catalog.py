"""The gateway's client of the catalog's internal API, which it calls as its own identity."""

import re
from collections.abc import Callable
from typing import Any

import requests

ROLE = "Catalog.Read"  # the app role that the catalog asks for; infra/entra/catalog.json
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,2000}")  # what the catalog makes; more could not be asked for
TIMEOUT = (3.0, 10.0)  # to connect, and between two bytes of the answer (s)

Json = dict[str, Any]


class BrokenCursor(ValueError):
    """The catalog did not make this cursor."""


class Refused(requests.RequestException):
    """The catalog does not let the gateway in; the message says what it said to that."""


class Catalog:
    """Which photos exist."""

    def __init__(
        self, endpoint: str, session: requests.Session, token: Callable[[], str] | None = None
    ) -> None:
        """`token` gives a token for the catalog; None where it asks for none."""
        self._endpoint = endpoint
        self._session = session
        self._token = token

    def page(self, cursor: str | None, limit: int) -> Json:
        """Return {photos, next}, newest first.

        Raises BrokenCursor, RequestException, or AzureError where there is no token.
        """
        if cursor and not CURSOR.fullmatch(cursor):
            raise BrokenCursor
        query: dict[str, str | int] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = self._get("/photos", query)
        if cursor and answer.status_code == 400:
            raise BrokenCursor
        answer.raise_for_status()
        page: Json = answer.json()
        return page

    def photo(self, photo: str) -> Json | None:
        """Return what became of a photo, None if nothing yet; raises as page()."""
        answer = self._get(f"/photos/{photo}", {})
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    def _get(self, path: str, query: dict[str, str | int]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token else {}
        answer = self._session.get(
            self._endpoint + path,
            params=query,
            headers=headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        if answer.status_code in (401, 403):
            said = answer.headers.get("WWW-Authenticate", "nothing more")
            raise Refused(f"the catalog, which asks for the app role {ROLE}, refused: {said}")
        return answer
