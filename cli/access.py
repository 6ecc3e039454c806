"""`keyless access`: the role assignments of the compiled Bicep, or compared with Azure's."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, NoReturn

import requests
import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.options import SnapshotOption, StateOption, open_state
from cli.rights import DELETED, GRANTED, ORPHANED, Right, all_rights, delete_command
from cli.snapshot_notes import warn_if_stale
from cli.terminal import USAGE, fail, one_sentence, out, print_json
from local.arm import ResourceManager, UnseenError
from local.assignments import Difference, Granted, compare, found, meant, principals
from local.az_commands import DEPLOY_AGAIN
from local.azd_values import Values, ValuesError
from local.rights import Environment
from local.roles import Roles
from local.sign_in import SignInError, open_developers_credential, signed_in
from sandbox.deployment import (
    Deployment,
    PrincipalKind,
    as_compiled,
)
from sandbox.deployment.given_snapshot import deployment_of
from sandbox.deployment.short_names import short_scope
from sandbox.rbac import Assignments

_MAY_BE_INTENDED = (
    "these may be intended, such as the deploying user's rights; delete those that are not needed"
)
_MARKS = {
    GRANTED: Text("+ ", "bold yellow"),
    DELETED: Text("- ", "bold yellow"),
    ORPHANED: Text("! ", "bold yellow"),
}
_DRIFT = (
    "+ granted by hand, - deleted by hand: in no Bicep (docs/assign-by-hand.md). To undo a grant:"
)
_ORPHANS = (
    "! left by an identity that was deleted; its tokens work until they expire"
    " (docs/identities.md). To delete all of them:"
)


def access(
    identity: Annotated[
        str, typer.Argument(help="gateway, developer, ... (default: all)", show_default=False)
    ] = "",
    *,
    state: StateOption = None,
    snapshot: SnapshotOption = None,
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
    """List the role assignments, each with its reason: the Bicep's, and those made by hand."""
    if (env_file or environment) and not azure:
        fail("--env-file and --environment need --azure", USAGE)
    opened = open_state(state)
    if snapshot and azure:
        fail("--azure compares the project's own deployment, so it takes no --snapshot", USAGE)
    with one_sentence(ValueError, KeyError, OSError, ValuesError, SignInError):
        deployment = deployment_of(opened, snapshot)
        if snapshot is None:
            warn_if_stale(opened)
        if identity:
            deployment.principal(identity)
        if azure:
            _compare(_with_azure(env_file, environment), identity, json_=json_)
        listed = all_rights(deployment, Assignments.kept_in(opened, deployment), identity)
    if json_:
        print_json([asdict(each) for each in listed])
        return
    for who, theirs in groupby(listed, lambda each: each.who):
        out.print(_in_lines(who, list(theirs)))
    if any(each.origin in {GRANTED, DELETED} for each in listed):
        out.print(_DRIFT)
    for each in filter(None, (each.remedy for each in listed)):
        out.print(f"  {each}", markup=False, soft_wrap=True)
    if orphans := [each for each in listed if each.origin == ORPHANED]:
        out.print(_ORPHANS)
        out.print(f"  {delete_command(orphans)}", markup=False, soft_wrap=True)


def _in_lines(who: str, theirs: Sequence[Right]) -> Table:
    """Return two lines per right: the role and its scope, then the reason, which is long."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_header=False, title=who)
    table.title_justify, table.title_style = "left", "bold"
    table.add_column(ratio=1)
    shared = _shared_reason([each.why for each in theirs])
    if shared:
        table.add_row(Padding(Text(shared.strip(), "dim"), (0, 0, 0, 2)))
    for each in theirs:
        mark = _MARKS.get(each.origin, Text("  "))
        table.add_row(Text.assemble(mark, f"{each.role} on ", (each.on, "cyan")))
        if why := each.why.removeprefix(shared):
            table.add_row(Padding(Text(why, "dim"), (0, 0, 0, 4)))
    table.add_row()
    return table


def _shared_reason(whys: Sequence[str]) -> str:
    """Return the text before the colon that all reasons share; empty if they differ."""
    first = "".join(whys[0].partition(": ")[:2])
    shared = first.endswith(": ") and all(each.startswith(first) for each in whys)
    return first if shared and len(whys) > 1 else ""


def _compare(difference: Difference, identity: str, *, json_: bool) -> NoReturn:
    if identity in difference.absent:
        fail(f"{identity} does not exist in that environment, so it has no rights there")
    difference = difference.of(identity) if identity else difference
    if json_:
        print_json(asdict(difference))
    else:
        out.print(describe(difference), end="")
    raise typer.Exit(1 if difference.missing or difference.beside else 0)


def _with_azure(env_file: Path | None, environment: str | None) -> Difference:
    """Compare assignments at or below the environment's resource group with the snapshot's.

    Raises SnapshotError, ValuesError, or SignInError.
    """
    values = Values.from_file(env_file) if env_file else Values.from_azd(environment)
    deployed_as, credential = Environment.of(values), open_developers_credential()
    signed_in(credential)  # raises a clear error before the first request fails
    try:
        with requests.Session() as session:
            return compared(as_compiled(), values, ResourceManager(session, credential))
    except UnseenError as error:
        fail(
            f"cannot read the role assignments, which needs Reader on {deployed_as.group}: {error}"
        )


def compared(deployment: Deployment, values: Values, arm: ResourceManager) -> Difference:
    """Compare the snapshot's policy with that of `arm`. Raises ValuesError, or UnseenError."""
    environment = Environment.of(values)
    users = {
        each.name: values.named.get(f"{each.name.upper()}_PRINCIPAL_ID", "")
        for each in deployment.principals
        if each.kind is PrincipalKind.USER
    }
    ids = principals(arm, environment, users)
    roles = Roles.of_azure(arm, environment, deployment)
    return compare(
        meant(deployment, environment, ids, roles),
        found(arm, environment, ids, roles),
        [each.name for each in deployment.principals if each.name not in ids],
    )


def describe(difference: Difference) -> Text:
    """Return the differences, each with the command that fixes it."""
    lines = Text()
    for each in difference.missing:
        lines.append("✗ ", "bold red").append(f"missing: {_in_words(each)}\n{_mend(each)}")
    if difference.missing:
        lines.append(f"  to add all missing assignments, deploy again: {DEPLOY_AGAIN}\n")
    for each in difference.beside:
        lines.append("! ", "bold yellow").append(f"not in the policy: {_in_words(each)}\n")
        lines.append(_mend(each))
    if difference.beside:
        lines.append(f"  {_MAY_BE_INTENDED}\n")
    if not (difference.missing or difference.beside):
        lines.append("✓ ", "green").append(
            "the environment has exactly the policy's role assignments\n"
        )
    if difference.absent:
        lines.append(f"  absent, so not compared: {', '.join(difference.absent)}\n")
    return lines


def _in_words(each: Granted) -> str:
    why = f": {each.why}" if each.why else ""
    return f"{each.who}'s {each.role} on {short_scope(each.scope)}{why}"


def _mend(each: Granted) -> str:
    return f"    {each.mend}\n" if each.mend else ""
