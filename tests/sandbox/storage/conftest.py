"""One Azurite and one gateway for the whole session; each test has blobs of its own."""

from collections.abc import Iterator

import pytest

from tests.sandbox.storage.harness import Storage
from tests.sandbox.storage.serving import serving


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with serving(tmp_path_factory.mktemp("state")) as storage:
        yield storage


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Return an account that takes its keys, too."""
    with serving(tmp_path_factory.mktemp("state"), shared_key=True) as storage:
        yield storage
