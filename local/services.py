"""The project's services on a laptop: gunicorn, with the settings of their images."""

import sys
from collections.abc import Mapping
from pathlib import Path

from local.damage import damaged_package
from local.shared import reads_by_import
from sandbox.state import PROJECT, State
from sandbox.supervisor import Program, minimal_environment
from sandbox.supervisor.project import Project

# Seconds, as terminationGracePeriodSeconds in the Bicep.
_GRACE = 60.0


def program(name: str, port: int, variables: Mapping[str, str], state: State) -> Program:
    """Return the program that runs the service `name` on `port` of loopback."""
    return Program(
        name=name,
        command=(
            sys.executable,
            "-m",
            "local.serve",
            "--config",
            str(Path("services") / name / "gunicorn.conf.py"),
            "--bind",
            f"127.0.0.1:{port}",
            f"services.{name}.app:create_app()",
        ),
        environment={**minimal_environment(state.folder("home")), **variables},
        folder=PROJECT,
        log=state.folder("logs") / f"{name}.log",
        grace=_GRACE,
        damage=damaged_package,
        forkable=not reads_by_import(variables),
    )


def fork_server(state: State) -> Program:
    """Return the program that imports the packages of all services once, and forks them."""
    return Program(
        name="fork-server",
        command=(sys.executable, "-m", "sandbox.guard.fork_server", "local.shared:import_packages"),
        environment=minimal_environment(state.folder("home")),
        folder=PROJECT,
        log=state.folder("logs") / "fork-server.log",
    )


SAMPLE = Project(service=program, damage=damaged_package, fork_server=fork_server)
