"""The tables of docs/commands.md, from `./keyless --help`: `python -m tests.docs.commands`."""

from collections.abc import Iterator
from itertools import groupby

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from cli.application import application
from sandbox.state import PROJECT
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "commands.md"

_BEGIN = "<!-- written by tests/docs/commands.py -->\n"
_END = "<!-- until here -->"


def written(page: str) -> str:
    """Return `page` with the tables that follow from the command line as it is."""
    return replace_section(page, _BEGIN, _END, "".join(_panels()))


def commands() -> dict[str, TyperCommand]:
    """Return every command by its name, in the order of the help."""
    group = typer.main.get_command(application())
    assert isinstance(group, TyperGroup)
    return {name: each for name, each in group.commands.items() if isinstance(each, TyperCommand)}


def _panels() -> Iterator[str]:
    for panel, members in groupby(commands().values(), _panel):
        each = list(members)
        yield f"\n## {panel}\n\n| command | does |\n|---|---|\n"
        yield from (f"| [`{_usage(one)}`](#{one.name}) | {_text(_first(one))} |\n" for one in each)
        yield from map(_section, each)


def _panel(command: TyperCommand) -> str:
    panel = getattr(command, "rich_help_panel", None)
    return panel if isinstance(panel, str) else "Commands"


def _usage(command: TyperCommand) -> str:
    words = [_argument(each) for each in command.params if isinstance(each, TyperArgument)]
    return " ".join(["./keyless", command.name or "", *words])


def _argument(argument: TyperArgument) -> str:
    name = argument.metavar or (argument.name or "").rstrip("_").upper()
    return name if argument.required else f"[{name}]"


def _section(command: TyperCommand) -> str:
    paragraphs = [_text(each) for each in (command.help or "").split("\n\n")]
    given = [each for each in command.params if isinstance(each, TyperOption)]
    options = [each for each in given if not each.hidden]
    rows = [f"| `{_option(each)}` | {_text(each.help)} |\n" for each in options]
    table = "".join(["\n| option | |\n|---|---|\n", *rows]) if rows else ""
    return f"\n### {command.name}\n\n" + "\n\n".join(paragraphs) + f"\n{table}"


def _option(option: TyperOption) -> str:
    value = (
        "" if option.is_flag else f" {option.metavar or (option.name or '').rstrip('_').upper()}"
    )
    return ", ".join(option.opts) + value


def _first(command: TyperCommand) -> str:
    return (command.help or "").partition("\n\n")[0]


def _text(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
