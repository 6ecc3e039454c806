"""A deployment that fails half-way is taken back, whatever failed."""

import asyncio
import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from sandbox.deployment import (
    DEPLOYED,
    PRINCIPALS,
    SNAPSHOT,
    Deployment,
    Difference,
    load,
    recreate,
    source,
)
from sandbox.rbac import Assignments, Drift
from sandbox.servicebus import StoreError
from sandbox.state import State
from sandbox.storage import AzuriteError
from sandbox.supervisor.apply import Apply
from sandbox.supervisor.control import ControlError, Json
from sandbox.supervisor.operator import SigningKeyError

FULL = OSError(errno.ENOSPC, "No space left on device")
BEFORE: Any = SimpleNamespace(name="the one in force", principals=())
AFTER: Any = SimpleNamespace(name="another", principals=())


class Failing(Apply):
    """Puts deployments into force, of which those in `failing` fail half-way."""

    def _compared(self, body: Json) -> tuple[Deployment, Difference]:
        found: Any = None
        return AFTER, found

    async def _deploy(self, deployment: Deployment, *, hurry: bool) -> int:
        running: Any = self.endpoints
        running.deployed.append(deployment)
        running.on_deploy()
        if deployment in running.failing:
            raise running.error
        return 0


def sandbox(error: Exception, *failing: Any) -> Any:
    planes = SimpleNamespace(deployment=BEFORE, assignments=Assignments(()))
    return SimpleNamespace(planes=planes, error=error, failing=failing, deployed=[], on_deploy=bool)


def applying(running: Any, folder: Path) -> Failing:
    unused: Any = None
    return Failing(running, unused, State(folder))


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        StoreError("The bus cannot use its store: it is full."),
        AzuriteError("Azurite answers 500 to a new container a"),
        SigningKeyError("the key cannot be created"),
        sqlite3.OperationalError("database or disk is full"),
        aiohttp.ClientError("no answer"),
        TimeoutError("no answer in time"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_deployment_that_fails_half_way_is_taken_back(tmp_path: Path, error: Exception) -> None:
    running = sandbox(error, AFTER)
    with pytest.raises(ControlError, match="nothing was changed, since the sandbox failed"):
        asyncio.run(applying(running, tmp_path)({}))
    assert running.deployed == [AFTER, BEFORE]


@pytest.mark.parametrize("step", ["deploy_roles", "put_in_force", "forget", "remember"])
def test_a_deployment_that_cannot_be_kept_for_the_next_start_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(f"sandbox.supervisor.apply.{step}", full)
    state, running = State.open(tmp_path), sandbox(FULL)
    recreate(state, load(state).principal("gateway").resource_id)
    state.write(DEPLOYED, b"the snapshot in force")
    files = (DEPLOYED, PRINCIPALS)
    before = [state.path(each).read_bytes() for each in files]
    body = {"snapshot": "{}", "source": str(tmp_path / "other.json")}
    with pytest.raises(ControlError, match="nothing was changed"):
        asyncio.run(applying(running, tmp_path)(body))
    assert running.deployed == [AFTER, BEFORE]
    assert [state.path(each).read_bytes() for each in files] == before
    assert source(state) == SNAPSHOT
    assert not list(tmp_path.glob("*.draft"))


def test_a_deployment_that_is_taken_back_leaves_a_role_deleted_that_was_deleted_by_hand(
    tmp_path: Path,
) -> None:
    running = sandbox(FULL, AFTER)
    deleted = Drift(deleted={"/an-assignment": "deployer"})
    running.planes.assignments = Assignments((), drift=deleted)
    running.on_deploy = lambda: running.planes.assignments.deploy(())
    with pytest.raises(ControlError, match="nothing was changed"):
        asyncio.run(applying(running, tmp_path)({}))
    assert running.planes.assignments.drift == deleted


def test_nothing_is_tried_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "refuses", lambda _: "cannot write to the folder")
    running = sandbox(FULL)
    with pytest.raises(ControlError, match="nothing was changed: cannot write to the folder"):
        asyncio.run(applying(running, tmp_path)({}))
    assert running.deployed == []


def test_a_deployment_that_cannot_be_taken_back_is_not_called_unchanged(tmp_path: Path) -> None:
    running = sandbox(FULL, AFTER, BEFORE)
    with pytest.raises(ControlError, match="the change was made in part") as raised:
        asyncio.run(applying(running, tmp_path)({}))
    assert "nothing was changed" not in str(raised.value)
