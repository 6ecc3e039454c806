"""The command line of Keyless."""

import typer

from sandbox.cli.access import access
from sandbox.cli.bench import bench
from sandbox.cli.check import check
from sandbox.cli.demo import demo
from sandbox.cli.doctor import doctor
from sandbox.cli.env import env
from sandbox.cli.explain import explain
from sandbox.cli.local import local
from sandbox.cli.recreate import deploy, recreate
from sandbox.cli.redrive import redrive
from sandbox.cli.rotate import rotate
from sandbox.cli.sign_in import sign_in
from sandbox.cli.soak import soak
from sandbox.cli.status import status
from sandbox.cli.test import test
from sandbox.cli.trace import trace
from sandbox.cli.up import down, up

app = typer.Typer(
    name="keyless",
    help="Azure managed identities in Python: the roles you deploy are the roles you run.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for _command in (
    demo,
    up,
    down,
    status,
    env,
    sign_in,
    trace,
    explain,
    access,
    doctor,
    redrive,
    rotate,
    recreate,
    deploy,
    local,
    bench,
    soak,
    check,
):
    app.command()(_command)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(test)


def main() -> None:
    """Run the command that the user typed."""
    app(prog_name="./keyless")
