"""The compose file, and the namespaces that stand for its networks."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.containers.images import Builder


@pytest.fixture(scope="session")
def as_root() -> None:
    """Namespaces and roots are made by root alone, on Linux."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2's ip")


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory, as_root: None) -> Iterator[Builder]:
    """Builds each image once for all tests."""
    builder = Builder(tmp_path_factory.mktemp("images"))
    try:
        yield builder
    finally:
        builder.close()
