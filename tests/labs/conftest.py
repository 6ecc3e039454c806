"""A learner with lab 3, for the tests of all that is around a lab."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.lab.course import read_course
from tests.labs.learner import Learner


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    one = Learner(tmp_path, read_course()[3])
    try:
        yield one
    finally:
        one.types("quit")
