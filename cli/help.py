"""Help that names the type of a value, and no type of what takes none."""

from typing import Any

from typer.core import TyperCommand, TyperGroup


def _without_types_of_flags(params: list[Any]) -> list[Any]:
    """Typer would show `--json <bool>`, which reads as if a value had to follow."""
    for each in params:
        if getattr(each, "is_flag", False) and each.metavar is None:
            each.metavar = ""
    return params


class Command(TyperCommand):
    """A command with flags as people type them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Every parameter, `--help` too."""
        return _without_types_of_flags(list(super().get_params(ctx)))


class Group(TyperGroup):
    """All commands, the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Every parameter, `--help` too."""
        return _without_types_of_flags(list(super().get_params(ctx)))
