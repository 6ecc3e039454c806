"""One ward for all of the doctor's tests."""

from collections.abc import Iterator

import pytest

from tests.access.harness import running_harness
from tests.local.doctor.ward import Ward


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with running_harness(tmp_path_factory.mktemp("ward")) as harness:
        yield Ward(harness)


@pytest.fixture
def ward(endpoints: Ward) -> Iterator[Ward]:
    """The ward, which is as it was when the test is over."""
    yield endpoints
    endpoints.as_deployed()
