"""Programs that are forked from one process run, crash and end as others do."""

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.state import PROJECT
from sandbox.supervisor.fork_server import ForkServer
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program
from tests.sandbox.supervisor.test_processes import is_gone, wait_until

PACKAGE = """
import os
def import_it():
    open("imports", "a").write(f"{os.getpid()} ")
    os.environ["IMPORTED"] = "once"
"""
PROGRAM = """
import gc, json, os, signal, sys, time
facts = {
    "pid": os.getpid(),
    "forked by": os.getpgid(os.getppid()),
    "leads a session": os.getpid() == os.getsid(0),
    "arguments": sys.argv[1:],
    "variables": sorted(os.environ),
    "folder": os.getcwd(),
    "reads": sys.stdin.read(),
    "collects": gc.isenabled(),
    "ends by SIGTERM": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
    "has the package": "package" in sys.modules,
    "open": [name for name in os.listdir("/proc/self/fd") if int(name) > 2][1:],
}
print(json.dumps(facts), flush=True)
"""
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="looks into Linux's /proc"
)


@pytest.fixture
def server(tmp_path: Path) -> ForkServer:
    (tmp_path / "package.py").write_text(PACKAGE)
    command = (sys.executable, "-m", "sandbox.guard.fork_server", "package:import_it")
    return ForkServer(Program("server", command, ENVIRONMENT, tmp_path, tmp_path / "server.log"))


def program(tmp_path: Path, then: str, grace: float = 60) -> Program:
    (tmp_path / "program.py").write_text(PROGRAM + then)
    command = (sys.executable, "-m", "program", "first", "second")
    return Program(
        "program", command, {"ONLY": "this"}, tmp_path, tmp_path / "log", grace, forkable=True
    )


def lines(tmp_path: Path) -> list[str]:
    log = tmp_path / "log"
    return log.read_text().splitlines() if log.exists() else []


def runs(tmp_path: Path) -> list[dict[str, Any]]:
    """The facts that each run of the program has printed."""
    return [json.loads(line) for line in lines(tmp_path) if line.startswith("{")]


def imports(tmp_path: Path) -> list[int]:
    """The process of each import of the package."""
    path = tmp_path / "imports"
    return [int(each) for each in path.read_text().split()] if path.exists() else []


async def until(true: Callable[[], object]) -> None:
    await asyncio.to_thread(wait_until, lambda: bool(true()))


def run(server: ForkServer, steps: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await steps()
        finally:
            await server.stop()

    asyncio.run(whole())


def test_a_program_is_forked_with_the_package_and_nothing_else_of_the_server(
    server: ForkServer, tmp_path: Path
) -> None:
    async def steps() -> None:
        forked = await server.launch(program(tmp_path, "sys.exit(3)"))
        assert await forked.wait() == 3

    run(server, steps)
    (found,) = runs(tmp_path)
    assert found.pop("pid") != found.pop("forked by")
    assert found == {
        "leads a session": True,
        "arguments": ["first", "second"],
        "variables": ["IMPORTED", "ONLY"],
        "folder": str(tmp_path),
        "reads": "",
        "collects": True,
        "ends by SIGTERM": True,
        "has the package": True,
        "open": [],
    }


def test_the_package_is_imported_once_for_all(server: ForkServer, tmp_path: Path) -> None:
    async def steps() -> None:
        one = await server.launch(program(tmp_path, ""))
        other = await server.launch(program(tmp_path, ""))
        assert [await one.wait(), await other.wait()] == [0, 0]

    run(server, steps)
    assert len(runs(tmp_path)) == 2
    (by,) = imports(tmp_path)
    assert {each["forked by"] for each in runs(tmp_path)} == {by}


def test_a_program_of_a_server_that_cannot_import_says_why_itself(
    server: ForkServer, tmp_path: Path
) -> None:
    (tmp_path / "package.py").write_text("import missing")

    async def steps() -> None:
        forked = await server.launch(program(tmp_path, "import package"))
        assert await forked.wait() == 1

    run(server, steps)
    assert lines(tmp_path)[-1] == "ModuleNotFoundError: No module named 'missing'"


def test_a_program_ends_within_its_grace(server: ForkServer, tmp_path: Path) -> None:
    says_so = (
        "signal.signal(15, lambda *_: sys.exit(7)); print('ready', flush=True); time.sleep(600)"
    )

    async def steps() -> None:
        forked = await server.launch(program(tmp_path, says_so))
        await until(lambda: "ready" in lines(tmp_path))
        forked.end()
        assert await forked.wait() == 7

    run(server, steps)


def test_a_program_that_will_not_end_is_killed_after_its_grace(
    server: ForkServer, tmp_path: Path
) -> None:
    deaf = "signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"

    async def steps() -> None:
        forked = await server.launch(program(tmp_path, deaf, grace=0.3))
        await until(lambda: "ready" in lines(tmp_path))
        forked.end()
        assert await forked.wait() == 128 + signal.SIGKILL

    run(server, steps)


def test_a_child_that_crashes_is_forked_again(server: ForkServer, tmp_path: Path) -> None:
    async def steps() -> None:
        crashes = program(tmp_path, "sys.exit('the reason')")
        child = Child(crashes, launch=server.launch)
        await child.start()
        await until(lambda: child.restarts == 2)
        assert child.exit_reason == "the reason"
        await child.stop()

    run(server, steps)
    assert len(imports(tmp_path)) == 1
    assert all(is_gone(each["pid"]) for each in runs(tmp_path))


def test_programs_outlive_the_server_and_the_next_has_another(
    server: ForkServer, tmp_path: Path
) -> None:
    async def steps() -> None:
        sleeps = program(tmp_path, "time.sleep(600)")
        first = await server.launch(sleeps)
        await until(lambda: len(runs(tmp_path)) == 1)
        os.kill(imports(tmp_path)[0], signal.SIGKILL)
        child = Child(sleeps, launch=server.launch)
        await child.start()
        await until(lambda: len(runs(tmp_path)) == 2)
        assert not is_gone(runs(tmp_path)[0]["pid"])
        first.end()
        assert await first.wait() == 128 + signal.SIGTERM
        await child.stop()

    run(server, steps)
    assert len(imports(tmp_path)) == 2
    assert all(is_gone(each["pid"]) for each in runs(tmp_path))


HOLDS_A_SERVER = """
import asyncio, pickle, sys
from sandbox.supervisor.fork_server import ForkServer

async def hold():
    server, program = pickle.load(sys.stdin.buffer)
    forks = ForkServer(server)
    forked = await forks.launch(program)
    await forked.wait()

asyncio.run(hold())
"""


def test_nothing_outlives_a_sandbox_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "package.py").write_text(PACKAGE)
    deaf = program(tmp_path, "signal.signal(15, signal.SIG_IGN); time.sleep(600)")
    command = (sys.executable, "-m", "sandbox.guard.fork_server", "package:import_it")
    server = Program("server", command, ENVIRONMENT, tmp_path, tmp_path / "server.log")
    programs = [replace(each, damage=str) for each in (server, deaf)]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_SERVER], cwd=PROJECT, stdin=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None
        holder.stdin.write(pickle.dumps(programs))
        holder.stdin.close()
        try:
            wait_until(lambda: len(runs(tmp_path)) == 1)
            left = (runs(tmp_path)[0]["pid"], *imports(tmp_path))
            assert not any(map(is_gone, left))
        finally:
            holder.kill()
    wait_until(lambda: all(map(is_gone, left)))
