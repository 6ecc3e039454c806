"""The four services: gunicorn as in their images, and how one tells that it is ready."""

import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sandbox.edge import Place
from sandbox.state import PROJECT, State
from sandbox.supervisor.processes import Program
from sandbox.supervisor.surroundings import of_any_process

# As long as Container Apps waits by the Bicep, before it kills.
_GRACE = 60.0


@dataclass(frozen=True)
class Readiness:
    """What /readyz says: everything proved, or which operation on which scope is not."""

    ready: bool
    failing: tuple[str, ...] = ()


def program(name: str, port: int, variables: Mapping[str, str], state: State) -> Program:
    """How the service `name` is run on a port of loopback."""
    return Program(
        name=name,
        command=(
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            str(Path("services") / name / "gunicorn.conf.py"),
            "--bind",
            f"127.0.0.1:{port}",
            f"services.{name}.app:create_app()",
        ),
        environment={**of_any_process(state.folder("home")), **variables},
        folder=PROJECT,
        log=state.folder("logs") / f"{name}.log",
        grace=_GRACE,
    )


async def readiness(session: aiohttp.ClientSession, place: Place) -> Readiness:
    """What the service at `place` says of itself; not ready while it does not answer."""
    try:
        async with session.get(f"{place}/readyz") as answer:
            body = json.loads(await answer.text())
            failing = [_in_words(each) for each in body.get("failing", ())]
            return Readiness(answer.status == 200, tuple(failing))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Readiness(False)


def is_taken(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _in_words(failing: Mapping[str, str]) -> str:
    return " on ".join(filter(None, (failing.get("operation"), failing.get("scope"))))
