"""`keyless access`: who may do what, as a person reads it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from local.assignments import Difference, Granted
from local.values import ValuesError
from sandbox.cli.compared import with_azure
from sandbox.cli.names import short_role, short_scope
from sandbox.cli.options import StateOption, open_state
from sandbox.cli.terminal import one_sentence, out
from sandbox.deployment import Deployment, ExpressionError, SnapshotError, load
from sandbox.rbac import Policy


@dataclass(frozen=True)
class Right:
    """One right, in words."""

    who: str
    role: str
    on: str
    why: str
    scope: str


def access(
    identity: Annotated[
        str, typer.Argument(help="gateway, developer, ... (default: all)", show_default=False)
    ] = "",
    *,
    state: StateOption = None,
    azure: Annotated[
        bool, typer.Option("--azure", help="Compare with a deployed environment. Status 1 if not.")
    ] = False,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", help="With --azure: its values, not by azd.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", help="With --azure: azd's environment.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Who may do what, on what, and why: every role assignment of the compiled Bicep."""
    with one_sentence(SnapshotError, ExpressionError, KeyError, ValuesError):
        deployment = load(open_state(state))
        if identity:
            deployment.principal(identity)
        if azure:
            _compare(with_azure(deployment, env_file, environment), json_=json_)
            return
    found = [each for each in rights(deployment) if identity in {"", each.who}]
    if json_:
        out.print_json(data=[asdict(each) for each in found])
        return
    for who, theirs in groupby(found, lambda each: each.who):
        out.print(_in_lines(who, theirs))


def rights(deployment: Deployment) -> list[Right]:
    """Every right, by who has it, in the order of the deployment's principals."""
    policy, order = Policy.of(deployment), [each.name for each in deployment.principals]
    found = [
        Right(
            who=deployment.names[each.principal_id],
            role=short_role(policy.role(each).name),
            on=short_scope(each.scope),
            why=each.why,
            scope=each.scope,
        )
        for each in deployment.assignments
    ]
    return sorted(found, key=lambda each: (order.index(each.who), each.on))


def _in_lines(who: str, theirs: Iterable[Right]) -> Table:
    """A line for the role and what it is on, and one for why, which is long."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_header=False, title=who)
    table.title_justify, table.title_style = "left", "bold"
    table.add_column(ratio=1)
    for each in theirs:
        table.add_row(Text.assemble(f"  {each.role} on ", (each.on, "cyan")))
        table.add_row(Padding(Text(each.why, "dim"), (0, 0, 0, 4)))
    table.add_row()
    return table


def _compare(difference: Difference, *, json_: bool) -> None:
    if json_:
        out.print_json(data=asdict(difference))
    else:
        _tell(difference)
    raise typer.Exit(1 if difference.missing or difference.beside else 0)


def _tell(difference: Difference) -> None:
    if not (difference.missing or difference.beside):
        out.print("[green]✓[/] the environment has the policy's role assignments and no other")
    for each in difference.missing:
        out.print(Text.assemble(("✗ ", "bold red"), f"missing: {_in_words(each)}"))
    for each in difference.beside:
        out.print(Text.assemble(("! ", "bold yellow"), f"beside the policy: {_in_words(each)}"))
        out.print(f"    az role assignment delete --ids {each.assignment}", markup=False)
    if difference.missing:
        out.print("  let the deployment grant what is missing: azd provision")


def _in_words(each: Granted) -> str:
    return f"{each.who}'s {each.role} on {short_scope(each.scope)}"
