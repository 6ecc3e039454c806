"""The sandbox's endpoints without the services, which would take time from the measurement.

Runs as a process: prints its addresses in one line of JSON, and ends with its stdin.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process import Process
from sandbox.deployment import Deployment, load
from sandbox.state import State
from sandbox.supervisor.endpoints import Endpoints
from sandbox.supervisor.environment import minimal_environment
from sandbox.supervisor.options import Options
from sandbox.supervisor.start import start

_STATE = "KEYLESS_STATE"


@dataclass(frozen=True)
class Azure:
    """The sandbox for a client: an environment for each app, and the port for plain AMQP."""

    deployment: Deployment
    environments: Mapping[str, Mapping[str, str]]
    amqp_port: int
    pid: int


@contextmanager
def endpoints(root: Path) -> Iterator[Azure]:
    """Start endpoints with a state below `root`. Raises BenchError if they do not start."""
    state = State.open(root / "endpoints")
    environment = {**minimal_environment(state.folder("home")), _STATE: str(state.root)}
    with Process(__name__, environment, state.path("bench.log")) as process:
        said = process.answer()
        of_any = minimal_environment(state.folder("home"))
        environments = {name: {**of_any, **each} for name, each in said["environments"].items()}
        yield Azure(load(state), environments, said["amqp_port"], process.pid)


def _as_json(found: Endpoints) -> str:
    environments = {
        app.name: dict(found.environment.variables(app, found.planes.headers[app.name]))
        for app in found.planes.deployment.apps
    }
    return json.dumps({"environments": environments, "amqp_port": found.amqp_port})


async def _run() -> None:
    async with AsyncExitStack() as stack:
        found = await start(stack, State.open(Path(os.environ[_STATE])), Options(gallery_port=0))
        print(_as_json(found), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_run())
