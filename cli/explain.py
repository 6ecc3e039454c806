"""`keyless explain`: the decision on one action; and `keyless doctor --explain`: a pasted error."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.options import SnapshotOption, StateOption, open_state
from cli.short_names import resolve
from cli.snapshot_notes import warn_if_stale
from cli.terminal import fail, one_sentence, out, print_json
from local.az_commands import in_sandbox
from local.doctor.error_texts import Explanation
from local.doctor.error_texts import explain as explain_text
from sandbox.commands import KEYLESS
from sandbox.deployment import Deployment, Principal, load
from sandbox.deployment.given_snapshot import deployment_of
from sandbox.deployment.short_names import resource_ids, short_action, short_scope
from sandbox.rbac import (
    Action,
    Allowed,
    Assignments,
    Decision,
    Requirement,
    known_actions,
    scope_and_above,
)

_STANDARD_INPUT = "-"
_UNKNOWN = (
    "unknown error text; paste all of it, with its code and its Caller, Action and Resource if it"
    f" has them, or run {KEYLESS} doctor"
)


def explain(
    identity: Annotated[str, typer.Argument(help="gateway, notifier, developer, ...")],
    action: Annotated[str, typer.Argument(help="An action or its end, such as blobs/read")],
    resource: Annotated[
        str, typer.Argument(help="A resource id or its end, such as containers/originals")
    ],
    *,
    state: StateOption = None,
    snapshot: SnapshotOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")] = False,
) -> None:
    """Explain whether IDENTITY is allowed ACTION on RESOURCE, and by which assignment.

    For example: explain gateway blobs/read containers/originals.

    Exits with 0 if it is allowed, with 1 if it is denied.
    """
    opened = open_state(state)
    with one_sentence(ValueError, KeyError, OSError):
        deployment = deployment_of(opened, snapshot)
        principal = deployment.principal(identity)
        requirement = _the_requirement(deployment, action, resource)
        assignments = Assignments.kept_in(opened, deployment)
    if snapshot is None:
        warn_if_stale(opened)
    decision = assignments.decide(principal.principal_id, requirement)
    if json_:
        print_json(_as_json(identity, decision))
    else:
        held = _held(assignments, principal, decision)
        out.print("\n".join([_in_words(identity, decision), *held]))
    raise typer.Exit(0 if isinstance(decision, Allowed) else 1)


def _the_requirement(deployment: Deployment, action: str, resource: str) -> Requirement:
    """Return the requirement that two short names stand for. Raises AmbiguousError."""
    scope = resolve("resource", resource, resource_ids(deployment))
    return Requirement(scope, (_action(deployment, action),))


def _action(deployment: Deployment, wanted: str) -> Action:
    known = known_actions(deployment.custom_roles)
    return known[resolve("action", wanted, known)]


def _in_words(identity: str, decision: Decision) -> str:
    what = f"[bold]{identity}[/] {{}} {short_action(decision.action.name)} "
    what += f"on {short_scope(decision.requirement.scope)}"
    if isinstance(decision, Allowed):
        why = decision.assignment.why
        return (
            f"[green]✓[/] {what.format('is allowed')}\n"
            f"  by the role  {decision.role.name}\n"
            f"  assigned on  {short_scope(decision.assignment.scope)}"
            + (f"\n  because      {why}" if why else "")
        )
    roles = "\n               ".join(decision.roles_that_would) or "no known role"
    unsure = "".join(f"\n  but          {each}" for each in decision.not_evaluated)
    return (
        f"[bold red]✗[/] {what.format('is denied')}\n"
        f"  no assignment at or above this scope has a role with this action\n"
        f"  would allow  {roles}{unsure}"
    )


def _held(assignments: Assignments, principal: Principal, decision: Decision) -> Iterator[str]:
    """Yield a line for each role that a denied principal holds on the resource or above it."""
    if isinstance(decision, Allowed):
        return
    above = set(scope_and_above(decision.requirement.scope))
    for each in assignments.listed:
        if each.principal_id == principal.principal_id and each.scope.lower() in above:
            role = assignments.role(each)
            manages = decision.action.data and not role.data_actions
            plane = ", of the control plane: it has no data action" * manages
            yield f"  it holds     {role.name} on {short_scope(each.scope)}{plane}"


def _as_json(identity: str, decision: Decision) -> dict[str, Any]:
    common = {
        "identity": identity,
        "action": decision.action.name,
        "scope": decision.requirement.scope,
        "allowed": isinstance(decision, Allowed),
    }
    if isinstance(decision, Allowed):
        assignment = decision.assignment
        found = {"role": decision.role.name, "assignment": assignment.id, "why": assignment.why}
        return common | found
    return common | {
        "rolesThatWould": list(decision.roles_that_would),
        "notEvaluated": [each.assignment.id for each in decision.not_evaluated],
    }


def explain_error(given: str, state: Path | None, *, json_: bool) -> None:
    """Explain the text `given`, or the one on standard input; exit with 1 if it is unknown."""
    text = _standard_input() if given == _STANDARD_INPUT else given
    reading = explain_text(_without_colours(text))
    if reading is None:
        fail(_UNKNOWN, status=1)
    # The name of the principal, where a sandbox's state or a deployment has it.
    names: Mapping[str, Any] = load(open_state(state)).names if reading.principal else {}
    _print(reading, str(names.get(reading.principal, "")), json_=json_)


def _standard_input() -> str:
    """Read all of it, whatever its encoding."""
    return sys.stdin.buffer.read().decode(errors="replace")


def _without_colours(text: str) -> str:
    """Return the printable characters of `text`, without the escapes of another terminal."""
    printable = text.encode(errors="surrogateescape").decode(errors="replace")
    return Text.from_ansi(printable.replace("\r", "\n")).plain


def _print(reading: Explanation, name: str, *, json_: bool) -> None:
    """Print the meaning of an error; `name` is its principal's name."""
    if json_:
        print_json(asdict(reading) | {"name": name})
        return
    out.print(Text.assemble((f"{reading.source}: ", "bold"), reading.means))
    for label, value in _facts(reading, name):
        out.print(f"  {label:<10}{value}", markup=False)
    # A principal of the sandbox is granted a role in the sandbox.
    for line in in_sandbox(reading.do) if name else reading.do:
        out.print(f"    {line}", markup=False)


def _facts(reading: Explanation, name: str) -> Iterator[tuple[str, str]]:
    known = f" ({name})" if name else ""
    facts = {
        "principal": f"{reading.principal}{known}" if reading.principal else "",
        "client": reading.client,
        "action": short_action(reading.action),
        "scope": reading.scope,
        "roles": ", ".join(reading.roles),
        "not given": reading.silent,
    }
    return ((label, value) for label, value in facts.items() if value)
