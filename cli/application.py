"""The commands of Keyless, in the panels of their help."""

import atexit
import builtins
import gc
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.terminal import replace_unencodable
from sandbox.commands import KEYLESS

# The panels of the help, with their commands and the module of each, in order.
_PANELS = {
    "Start": {
        "demo": "demo",
        "up": "up",
        "down": "down",
        "status": "status",
        "local": "local",
    },
    "Look": {
        "trace": "trace",
        "access": "access",
        "explain": "explain",
        "doctor": "doctor",
    },
    "Change": {
        "apply": "apply",
        "recreate": "recreate",
        "deploy": "recreate",
        "set": "settings",
        "rotate": "rotate",
        "redrive": "redrive",
        "fault": "fault",
    },
    "Teach": {
        "lab": "lab.command",
        "as": "run_as",
        "env": "env",
        "names": "names",
        "sign-in": "sign_in",
        "rehearse": "rehearse",
        "assumptions": "assumptions",
    },
    "Maintain": {
        "report": "report",
        "bench": "bench",
        "soak": "soak.command",
        "check": "check",
        "test": "check",
    },
}
_MODULES = {name: module for panel in _PANELS.values() for name, module in panel.items()}
_PANEL_OF = {name: panel for panel, commands in _PANELS.items() for name in commands}
_FOR_OTHERS = {"allow_extra_args": True, "ignore_unknown_options": True}


def application(only: str = "") -> typer.Typer:
    """Return the command `only`, without importing the others, or all commands."""
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
        command = getattr(module, _function(name))
        settings = _FOR_OTHERS if name == "test" else None
        add = app.command(
            name, cls=Command, rich_help_panel=_PANEL_OF[name], context_settings=settings
        )
        add(command)
    return app


def main() -> None:
    """Run the command that the user typed."""
    replace_unencodable()
    # A last garbage collection over all imported modules would add 0.3 s to each command.
    atexit.register(gc.freeze)
    application(*sys.argv[1:2])(prog_name=KEYLESS)


def _function(name: str) -> str:
    """Return the function of a command, which no keyword or builtin may share its name with."""
    return name.replace("-", "_") + "_" * (iskeyword(name) or hasattr(builtins, name))


def _one_of_several() -> None:
    """Keep Typer from running a single command without its name."""


def _without_types_of_flags(params: list[Any]) -> list[Any]:
    """Hide the type of flags: Typer's `--json <bool>` reads as if a value had to follow."""
    for each in params:
        if getattr(each, "is_flag", False) and each.metavar is None:
            each.metavar = ""
    return params


class Command(TyperCommand):
    """A command whose help shows flags as people type them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return every parameter, including `--help`."""
        return _without_types_of_flags(list(super().get_params(ctx)))


class Group(TyperGroup):
    """A group of commands whose help shows flags as people type them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return every parameter, including `--help`."""
        return _without_types_of_flags(list(super().get_params(ctx)))
