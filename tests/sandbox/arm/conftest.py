"""The manager of the committed deployment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.audit import FILE, Audit, Gate
from sandbox.deployment import load
from sandbox.rbac import Assignments
from sandbox.state import State
from tests.sandbox.arm.front import Front


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    state = State.open(tmp_path / "state")
    deployment, audit = load(state), Audit(state.path(FILE))
    assignments = Assignments.kept_in(state, deployment)
    yield Front(deployment, state, assignments, Gate(assignments, audit))
    audit.close()
