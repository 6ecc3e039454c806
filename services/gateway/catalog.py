"""The gateway's client of the catalog's internal API."""

from typing import Any

import requests

TIMEOUT = (3.0, 10.0)  # to connect, and between two bytes of the answer (s)

Json = dict[str, Any]


class BrokenCursor(ValueError):
    """The catalog did not make this cursor."""


class Catalog:
    """Which photos exist."""

    def __init__(self, endpoint: str, session: requests.Session) -> None:
        self._endpoint = endpoint
        self._session = session

    def page(self, cursor: str | None, limit: int) -> Json:
        """Return {photos, next}, newest first; raises BrokenCursor or RequestException."""
        query: dict[str, str | int] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = self._get("/photos", query)
        if cursor and answer.status_code == 400:
            raise BrokenCursor
        answer.raise_for_status()
        page: Json = answer.json()
        return page

    def photo(self, photo: str) -> Json | None:
        """Return what became of a photo, None if nothing yet; raises RequestException."""
        answer = self._get(f"/photos/{photo}", {})
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    def _get(self, path: str, query: dict[str, str | int]) -> requests.Response:
        return self._session.get(
            self._endpoint + path, params=query, timeout=TIMEOUT, allow_redirects=False
        )
