"""Help texts that name the type of a value, and no type for flags."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


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
