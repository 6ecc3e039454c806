from typing import Any

from azure.core.credentials import AccessToken

from devtools_testutils import FakeTokenCredential


class AsyncFakeCredential:
    """FakeTokenCredential, for clients that await it."""

    def __init__(self) -> None:
        self._fake = FakeTokenCredential()

    @property
    def get_token_count(self) -> int:
        return self._fake.get_token_count

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return self._fake.get_token(*scopes, **options)

    async def close(self) -> None:
        """Do nothing: it keeps no connection."""

    async def __aenter__(self) -> "AsyncFakeCredential":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
