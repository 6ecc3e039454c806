"""What is read from the compose file, and the namespaces that stand for its networks."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def as_root() -> None:
    """Namespaces and roots are made by root alone, on Linux."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2's ip")
