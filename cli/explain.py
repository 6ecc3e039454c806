"""`keyless explain`: the decision on one action, without making a request."""

from typing import Annotated, Any

import typer

from cli.names import AmbiguousError, resource_ids, short_action, short_scope, the_one
from cli.options import StateOption, open_state
from cli.stale import warn_if_stale
from cli.terminal import one_sentence, out, print_json
from sandbox.deployment import Deployment, ExpressionError, SnapshotError, load
from sandbox.rbac import Action, Allowed, Decision, Policy, Requirement, built_in_roles

# Data actions that the roles here name only by a pattern.
_MORE_DATA_ACTIONS = (
    "Microsoft.KeyVault/vaults/secrets/delete",
    "Microsoft.KeyVault/vaults/secrets/purge/action",
    "Microsoft.KeyVault/vaults/secrets/recover/action",
    "Microsoft.KeyVault/vaults/secrets/update/action",
    "Microsoft.KeyVault/vaults/secrets/backup/action",
    "Microsoft.KeyVault/vaults/secrets/restore/action",
    "Microsoft.ServiceBus/namespaces/messages/receive/action",
    "Microsoft.ServiceBus/namespaces/messages/send/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/deleteBlobVersion/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/filter/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write",
)


def explain(
    identity: Annotated[str, typer.Argument(help="gateway, notifier, developer, ...")],
    action: Annotated[str, typer.Argument(help="An action or its end, such as blobs/read")],
    resource: Annotated[
        str, typer.Argument(help="A resource id or its end, such as containers/originals")
    ],
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")] = False,
) -> None:
    """Explain whether IDENTITY is allowed ACTION on RESOURCE, and by which assignment.

    Exits with 0 if it is allowed, with 1 if it is denied.
    """
    opened = open_state(state)
    with one_sentence(SnapshotError, ExpressionError, KeyError, AmbiguousError):
        deployment = load(opened)
        principal = deployment.principal(identity)
        requirement = the_requirement(deployment, action, resource)
    warn_if_stale(opened)
    decision = Policy.of(deployment).decide(principal.principal_id, requirement)
    if json_:
        print_json(_as_json(identity, decision))
    else:
        out.print(_in_words(identity, decision))
    raise typer.Exit(0 if isinstance(decision, Allowed) else 1)


def the_requirement(deployment: Deployment, action: str, resource: str) -> Requirement:
    """Return the need that two short names stand for. Raises AmbiguousError."""
    scope = the_one("resource", resource, resource_ids(deployment))
    return Requirement(scope, (_action(deployment, action),))


def _action(deployment: Deployment, wanted: str) -> Action:
    roles = (*built_in_roles(), *deployment.custom_roles)
    data = {each for role in roles for each in role.data_actions if "*" not in each}
    control = {each for role in roles for each in role.actions if "*" not in each}
    data.update(_MORE_DATA_ACTIONS)
    name = the_one("action", wanted, data | control)
    return Action(name, data=name in data)


def _in_words(identity: str, decision: Decision) -> str:
    what = f"[bold]{identity}[/] {{}} {short_action(decision.action.name)} "
    what += f"on {short_scope(decision.requirement.scope)}"
    if isinstance(decision, Allowed):
        return (
            f"[green]✓[/] {what.format('is allowed')}\n"
            f"  by the role  {decision.role.name}\n"
            f"  assigned on  {short_scope(decision.assignment.scope)}\n"
            f"  because      {decision.assignment.why}"
        )
    roles = "\n               ".join(decision.roles_that_would) or "no known role"
    return (
        f"[bold red]✗[/] {what.format('is denied')}\n"
        f"  no assignment at or above this scope has a role with this action\n"
        f"  would allow  {roles}"
    )


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
    return common | {"rolesThatWould": list(decision.roles_that_would)}
