"""A client of the catalog's internal API, which it calls with the gateway's identity."""

import re
from collections.abc import Callable
from typing import Any

import requests

ROLE = "Catalog.Read"  # the app role that the catalog requires: infra/entra/catalog.json
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,2000}")  # as the catalog makes them
_TIMEOUT = (3.0, 10.0)  # to connect, and between two bytes of the response (s)

_Json = dict[str, Any]


class BrokenCursor(ValueError):
    """The catalog did not make this cursor."""


class CatalogDenied(requests.RequestException):
    """The catalog refuses the gateway; the message has the catalog's reason."""


class Catalog:
    """The photos that the catalog knows."""

    def __init__(
        self, endpoint: str, session: requests.Session, token: Callable[[], str] | None = None
    ) -> None:
        """`token` returns a token for the catalog; None where it requires none."""
        self._endpoint = endpoint
        self._session = session
        self._token = token

    def page(self, cursor: str | None, limit: int) -> _Json:
        """Return {photos, next}, newest first.

        Raises BrokenCursor, RequestException, or AzureError without a token.
        """
        if cursor and not _CURSOR.fullmatch(cursor):
            raise BrokenCursor
        query: dict[str, str | int] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        response = self._get("/photos", query)
        if cursor and response.status_code == 400:
            raise BrokenCursor
        response.raise_for_status()
        page: _Json = response.json()
        return page

    def photo(self, photo: str) -> _Json | None:
        """Return the outcome for a photo, None if it has none yet; raises as page()."""
        response = self._get(f"/photos/{photo}", {})
        if response.status_code == 404:
            return None
        response.raise_for_status()
        found: _Json = response.json()
        return found

    def _get(self, path: str, query: dict[str, str | int]) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token else {}
        response = self._session.get(
            self._endpoint + path,
            params=query,
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
        if response.status_code in (401, 403):
            why = response.headers.get("WWW-Authenticate", "no reason given")
            raise CatalogDenied(f"the catalog, which requires the app role {ROLE}, refused: {why}")
        return response
