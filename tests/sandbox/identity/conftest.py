"""The endpoint on a free port of 127.0.0.1, for apps of both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from sandbox.deployment import Deployment, load
from sandbox.entra import SigningKey
from sandbox.state import State
from tests.sandbox.identity.harness import RunningEndpoint


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.of(RSAKey.generate_key(2048))


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


@pytest.fixture
def endpoint(deployment: Deployment, key: SigningKey, tmp_path: Path) -> Iterator[RunningEndpoint]:
    running = RunningEndpoint(deployment, key, tmp_path)
    yield running
    running.stop()
