"""`keyless access`: the role assignments of the compiled Bicep."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.compared import told, with_azure
from cli.options import StateOption, open_state
from cli.rights import Right, rights
from cli.stale import warn_if_stale
from cli.terminal import USAGE, fail, one_sentence, out, print_json
from local.assignments import Difference
from local.azd_values import ValuesError
from local.sign_in import SignInError
from sandbox.deployment import ExpressionError, SnapshotError, load


def access(
    identity: Annotated[
        str, typer.Argument(help="gateway, developer, ... (default: all)", show_default=False)
    ] = "",
    *,
    state: StateOption = None,
    azure: Annotated[
        bool,
        typer.Option(
            "--azure", help="Compare with a deployed environment. Exits with 1 if they differ."
        ),
    ] = False,
    env_file: Annotated[
        Path | None,
        typer.Option("--env-file", help="With --azure: read its values from a file, not from azd."),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", "-e", help="With --azure: the azd environment to compare."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the role assignments of the compiled Bicep, each with its reason."""
    if (env_file or environment) and not azure:
        fail("--env-file and --environment need --azure", USAGE)
    opened = open_state(state)
    with one_sentence(SnapshotError, ExpressionError, KeyError, ValuesError, SignInError):
        deployment = load(opened)
        warn_if_stale(opened)
        if identity:
            deployment.principal(identity)
        if azure:
            _compare(with_azure(env_file, environment), identity, json_=json_)
    found = rights(deployment, identity)
    if json_:
        print_json([asdict(each) for each in found])
        return
    for who, theirs in groupby(found, lambda each: each.who):
        out.print(_in_lines(who, list(theirs)))


def _in_lines(who: str, theirs: Sequence[Right]) -> Table:
    """Return two lines per right: the role and its scope, then the reason, which is long."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_header=False, title=who)
    table.title_justify, table.title_style = "left", "bold"
    table.add_column(ratio=1)
    said = _said_of_all([each.why for each in theirs])
    if said:
        table.add_row(Padding(Text(said.strip(), "dim"), (0, 0, 0, 2)))
    for each in theirs:
        table.add_row(Text.assemble(f"  {each.role} on ", (each.on, "cyan")))
        table.add_row(Padding(Text(each.why.removeprefix(said), "dim"), (0, 0, 0, 4)))
    table.add_row()
    return table


def _said_of_all(whys: Sequence[str]) -> str:
    """Return the text before the colon that all reasons share; empty if they differ."""
    said = "".join(whys[0].partition(": ")[:2])
    shared = said.endswith(": ") and all(each.startswith(said) for each in whys)
    return said if shared and len(whys) > 1 else ""


def _compare(difference: Difference, identity: str, *, json_: bool) -> NoReturn:
    if identity in difference.absent:
        fail(f"{identity} does not exist in that environment, so it has no rights there")
    difference = difference.of(identity) if identity else difference
    if json_:
        print_json(asdict(difference))
    else:
        out.print(told(difference), end="")
    raise typer.Exit(1 if difference.missing or difference.beside else 0)
