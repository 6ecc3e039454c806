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

BEFORE: Any = "the deployment in force"
AFTER: Any = "another deployment"


class Failing(Apply):
    """Puts deployments into force, of which AFTER fails half-way."""

    def _compared(self, body: Json) -> tuple[Deployment, Difference]:
        found: Any = None
        return AFTER, found

    async def _deploy(self, deployment: Deployment, *, hurry: bool) -> int:
        running: Any = self.endpoints
        running.deployed.append(deployment)
        if deployment is AFTER:
            raise running.error
        return 0


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
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
    planes = SimpleNamespace(deployment=BEFORE)
    running: Any = SimpleNamespace(planes=planes, error=error, deployed=[])
    unused: Any = None
    with pytest.raises(ControlError, match="nothing was changed, since the sandbox failed"):
        asyncio.run(Failing(running, unused, State(tmp_path))({}))
    assert running.deployed == [AFTER, BEFORE]
