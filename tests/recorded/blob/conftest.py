"""The account that the rows are asked of: like the recorded one, it has a CORS rule."""

import pytest

from tests.sandbox.storage.conftest import storage
from tests.sandbox.storage.harness import Storage

__all__ = ["account", "storage"]

_RULE = (
    b"<?xml version='1.0' encoding='utf-8'?><StorageServiceProperties><Cors><CorsRule>"
    b"<AllowedOrigins>https://keyless.example</AllowedOrigins><AllowedMethods>GET</AllowedMethods>"
    b"<AllowedHeaders></AllowedHeaders><ExposedHeaders></ExposedHeaders>"
    b"<MaxAgeInSeconds>60</MaxAgeInSeconds></CorsRule></Cors></StorageServiceProperties>"
)


@pytest.fixture(scope="session")
def account(storage: Storage) -> Storage:
    target = "/?restype=service&comp=properties"
    assert storage.send("PUT", target, "owner", body=_RULE).status == 202
    return storage
