"""A vault for each test; parts that are costly to make, and cannot be changed, are made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from azure.keyvault.secrets._shared import http_challenge_cache
from joserfc.jwk import RSAKey

from sandbox.audit import FILE
from sandbox.deployment import Deployment, load
from sandbox.entra import SigningKey
from sandbox.state import State
from tests.sandbox.keyvault.harness import RunningVault


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def signing() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


@pytest.fixture
def running(
    deployment: Deployment, tmp_path: Path, signing: SigningKey, ca: trustme.CA
) -> Iterator[RunningVault]:
    http_challenge_cache.clear()
    vault = RunningVault(deployment, tmp_path, signing, ca)
    yield vault
    vault.stop()


@pytest.fixture(scope="module")
def standing(
    deployment: Deployment,
    tmp_path_factory: pytest.TempPathFactory,
    signing: SigningKey,
    ca: trustme.CA,
) -> Iterator[RunningVault]:
    """One vault for many tests, which each find it empty by `emptied`."""
    vault = RunningVault(deployment, tmp_path_factory.mktemp("standing"), signing, ca)
    yield vault
    vault.stop()


@pytest.fixture
def emptied(standing: RunningVault) -> RunningVault:
    """The standing vault without any secret, not even the declared one, and without a record."""
    http_challenge_cache.clear()
    standing.spoil("DELETE FROM secret")
    (standing.folder / FILE).write_bytes(b"")
    return standing
