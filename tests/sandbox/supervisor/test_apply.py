"""A deployment that fails half-way is taken back, whatever failed."""

import asyncio
import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from sandbox.deployment import Deployment, Difference
from sandbox.servicebus import StoreError
from sandbox.state import State
from sandbox.storage import AzuriteError
from sandbox.supervisor.apply import Apply
from sandbox.supervisor.control import ControlError, Json
from sandbox.supervisor.operator import SigningKeyError

FULL = OSError(errno.ENOSPC, "No space left on device")
BEFORE: Any = "the deployment in force"
AFTER: Any = "another deployment"


class Failing(Apply):
    """Puts deployments into force, of which those in `failing` fail half-way."""

    def _compared(self, body: Json) -> tuple[Deployment, Difference]:
        found: Any = None
        return AFTER, found

    async def _deploy(self, deployment: Deployment, *, hurry: bool) -> int:
        running: Any = self.endpoints
        running.deployed.append(deployment)
        if deployment in running.failing:
            raise running.error
        return 0


def sandbox(error: Exception, *failing: Any) -> Any:
    planes = SimpleNamespace(deployment=BEFORE)
    return SimpleNamespace(planes=planes, error=error, failing=failing, deployed=[])


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


def test_a_deployment_that_cannot_be_kept_for_the_next_start_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FULL

    monkeypatch.setattr("sandbox.supervisor.apply.put_in_force", full)
    running = sandbox(FULL)
    with pytest.raises(ControlError, match="nothing was changed"):
        asyncio.run(applying(running, tmp_path)({"snapshot": "{}"}))
    assert running.deployed == [AFTER, BEFORE]


def test_a_deployment_that_cannot_be_taken_back_is_not_called_unchanged(tmp_path: Path) -> None:
    running = sandbox(FULL, AFTER, BEFORE)
    with pytest.raises(ControlError, match="the change was made in part") as raised:
        asyncio.run(applying(running, tmp_path)({}))
    assert "nothing was changed" not in str(raised.value)
