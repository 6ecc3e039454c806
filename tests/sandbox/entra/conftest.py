"""One tenant with one key; and one more key, which belongs to none."""

import pytest
from joserfc.jwk import RSAKey

from sandbox.entra import SigningKey
from tests.sandbox.entra.forge import Tenant


@pytest.fixture(scope="session")
def stranger() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


@pytest.fixture
def tenant(key: SigningKey) -> Tenant:
    return Tenant(key)
