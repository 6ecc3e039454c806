"""The command line of Keyless."""

import atexit
import gc
import sys
from importlib import import_module
from keyword import iskeyword

import typer

from cli.encoding import write_anything
from cli.help import Command, Group
from sandbox.commands import KEYLESS

# Each command and its module, in the order of the help.
_MODULES = {
    "demo": "demo",
    "up": "up",
    "down": "up",
    "status": "status",
    "env": "env",
    "as": "acting",
    "sign-in": "sign_in",
    "trace": "trace",
    "explain": "explain",
    "access": "access",
    "assumptions": "assumptions",
    "doctor": "doctor",
    "redrive": "redrive",
    "rotate": "rotate",
    "recreate": "recreate",
    "deploy": "recreate",
    "local": "local",
    "report": "report",
    "bench": "bench",
    "soak": "soak",
    "rehearse": "rehearse",
    "check": "check",
    "test": "test",
}
_FOR_OTHERS = {"allow_extra_args": True, "ignore_unknown_options": True}


def application(only: str = "") -> typer.Typer:
    """The command `only`, which then waits for no import of another; all, if it is none."""
    app = typer.Typer(
        name="keyless",
        cls=Group,
        help="Azure managed identities in Python: the roles you deploy are the roles you run.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_one_of_several)
    for name in [only] if only in _MODULES else _MODULES:
        module = import_module(f"cli.{_MODULES[name]}")
        command = getattr(module, name.replace("-", "_") + "_" * iskeyword(name))
        app.command(name, cls=Command, context_settings=_FOR_OTHERS if name == "test" else None)(
            command
        )
    return app


def main() -> None:
    """Run the command that the user typed."""
    write_anything()
    # A last look for garbage among all that was imported would take 0.3 s of each command.
    atexit.register(gc.freeze)
    application(*sys.argv[1:2])(prog_name=KEYLESS)


def _one_of_several() -> None:
    """Without it, Typer takes a single command for the whole."""
