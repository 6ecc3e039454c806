"""Read access to Azure Resource Manager with the developer's sign-in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

ARM = "https://management.azure.com"
_SECONDS = 30


class UnseenError(RuntimeError):
    """Azure does not show this to the user; the message is Azure's error."""


@dataclass(frozen=True)
class ResourceManager:
    """The control plane, as one credential sees it."""

    session: requests.Session
    credential: TokenCredential

    def listed(self, path: str, api_version: str) -> Iterator[dict[str, Any]]:
        """Yield every entry of a list, page by page. Raises UnseenError."""
        url = f"{ARM}{path}?api-version={api_version}"
        while url:
            page = self._get(url)
            yield from page["value"]
            url = page.get("nextLink") or ""

    def one(self, path: str, api_version: str) -> dict[str, Any]:
        """Return one resource. Raises UnseenError."""
        return self._get(f"{ARM}{path}?api-version={api_version}")

    def _get(self, url: str) -> dict[str, Any]:
        try:
            token = self.credential.get_token(f"{ARM}/.default").token
            headers = {"Authorization": f"Bearer {token}"}
            answer = self.session.get(url, headers=headers, timeout=_SECONDS)
            answer.raise_for_status()
            return dict(answer.json())
        except (requests.RequestException, ClientAuthenticationError) as error:
            raise UnseenError(str(error).splitlines()[0]) from error
