"""The account that the rows are asked of. Like the recorded one, it has a CORS rule."""

from collections.abc import Iterator

import pytest

from sandbox.storage.azurite import new_key
from tests.recorded.blob.requests import RULE
from tests.sandbox.storage.harness import Storage
from tests.sandbox.storage.serving import serving


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with serving(tmp_path_factory.mktemp("state")) as storage:
        yield storage


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """An account that fails within: its gateway has another key than Azurite."""
    with serving(tmp_path_factory.mktemp("failing"), new_key()) as storage:
        yield storage


@pytest.fixture
def account(shared: Storage) -> Storage:
    """The account with its rule, whatever the row before has set."""
    answer = shared.send("PUT", "/?restype=service&comp=properties", "owner", body=RULE)
    assert answer.status == 202
    return shared
