"""Waiting for Azurite, whose port another program may have taken first."""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.storage import Azurite, AzuriteError, free_port
from sandbox.supervisor import azurite_process
from sandbox.supervisor.azurite_process import PortLostError, ready
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program

BINDS = "import time; time.sleep(0.5); raise SystemExit('listen EADDRINUSE')"
STAYS = "import time; time.sleep(60)"


async def refused(request: web.Request) -> web.Response:
    """Refuse as another sandbox's Azurite does, which lacks the account."""
    return web.Response(status=400)


async def wait_with(folder: Path, then: str) -> None:
    """Wait for an Azurite that does `then`, while another program answers on its port."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", refused)
    runner = web.AppRunner(application)
    await runner.setup()
    azurite = Azurite("account", "account.blob.core.windows.net", folder, free_port())
    await web.TCPSite(runner, "127.0.0.1", azurite.port).start()
    environment = {"PATH": os.environ["PATH"]}
    command = (sys.executable, "-c", then)
    child = Child(Program("azurite", command, environment, folder, folder / "log"))
    try:
        await child.start()
        await ready({azurite: ["archive"]}, child)
    finally:
        await child.stop()
        await runner.cleanup()


def test_what_anothers_azurite_answers_is_not_taken_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azurite_process, "_TO_END", 100)
    with pytest.raises(PortLostError, match="cannot have port"):
        asyncio.run(wait_with(tmp_path, BINDS))


def test_a_refusal_is_told_where_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(azurite_process, "_TO_END", 0.2)
    with pytest.raises(AzuriteError, match="answers 400 to a new container archive"):
        asyncio.run(wait_with(tmp_path, STAYS))
