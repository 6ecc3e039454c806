"""One ward for all of the doctor's tests."""

from collections.abc import Iterator

import pytest

from tests.access.stage import staged
from tests.local.doctor.ward import Ward


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with staged(tmp_path_factory.mktemp("ward")) as stage:
        yield Ward(stage)


@pytest.fixture
def ward(endpoints: Ward) -> Iterator[Ward]:
    """The ward, which is as it was when the test is over."""
    yield endpoints
    endpoints.as_deployed()
