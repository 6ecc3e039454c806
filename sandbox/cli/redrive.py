"""`keyless redrive`: a service's dead letters, handled again under its own rights."""

import subprocess
import sys
from typing import Annotated

import typer

from sandbox.cli.env import as_service
from sandbox.cli.options import StateOption, open_state
from sandbox.cli.running import the_running
from sandbox.cli.terminal import USAGE, fail, one_sentence
from sandbox.state import PROJECT
from sandbox.supervisor import of_any_process


def redrive(
    service: Annotated[str, typer.Argument(help="thumbnailer, catalog or notifier")],
    state: StateOption = None,
) -> None:
    """Handle the dead letters of SERVICE again; no right to send is needed for it."""
    opened = open_state(state)
    with one_sentence(KeyError):
        variables = as_service(the_running(opened), service, opened)
    environment = {**of_any_process(opened.folder("home")), **variables}
    if not (PROJECT / "services" / service / "redrive.py").exists():
        fail(f"{service} receives no messages, so it has no dead letters.", USAGE)
    command = [sys.executable, "-m", f"services.{service}.redrive"]
    done = subprocess.run(command, env=environment, cwd=PROJECT, check=False)
    raise typer.Exit(done.returncode)
