"""The role assignment that would allow a request, and everything else that it would allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from shlex import quote

from sandbox.commands import KEYLESS
from sandbox.deployment import Principal, RoleDefinition
from sandbox.page.attempts import Attempt
from sandbox.rbac import Allowed, Assignments, Denied, holds, scope_and_above

# A role's actions can be many; the first ones show how wide it is.
_MOST_ACTIONS = 8
# The remedies that a page offers, the narrowest first.
_MOST = 3


@dataclass(frozen=True)
class Remedy:
    """A role that would allow a request on `scope`, and its price."""

    role: str
    scope: str
    command: str
    bicep: str
    also: tuple[str, ...]
    patterns: tuple[str, ...]


def remedies(
    principal: Principal,
    attempt: Attempt,
    denied: Denied,
    assignments: Assignments,
    known: Iterable[Attempt],
) -> Iterator[Remedy]:
    """Yield the roles that would allow `attempt`, which is denied, the narrowest first."""
    scope, others = attempt.resource, [each for each in known if each.name != attempt.name]
    by_name = {each.name: each for each in assignments.roles}
    for name in denied.roles_that_would[:_MOST]:
        role = by_name[name]
        yield Remedy(
            role=name,
            scope=scope,
            command=_command(principal, name, scope),
            bicep=_bicep(principal, role, scope),
            also=tuple(_also(principal, scope, role, assignments, others)),
            patterns=(*role.data_actions, *role.actions)[:_MOST_ACTIONS],
        )


def reach(
    principal: Principal, assignments: Assignments, known: Iterable[Attempt]
) -> dict[str, list[str]]:
    """Return the verbs that a principal may use now, by the resource."""
    found: dict[str, list[str]] = {}
    for each in known:
        if isinstance(assignments.decide(principal.principal_id, each.requirement), Allowed):
            found.setdefault(each.resource, []).append(each.verb)
    return found


def _also(
    principal: Principal,
    on: str,
    role: RoleDefinition,
    assignments: Assignments,
    known: Iterable[Attempt],
) -> Iterator[str]:
    """Yield the other requests that are denied now, and that the role would allow."""
    for each in known:
        needs = each.requirement
        if on.lower() not in scope_and_above(needs.scope):
            continue
        if not any(holds(role, action) for action in needs.any_of):
            continue
        if isinstance(assignments.decide(principal.principal_id, needs), Denied):
            yield each.words


def _command(principal: Principal, role: str, scope: str) -> str:
    return (
        f"{KEYLESS} as deployer -- az role assignment create"
        f" --assignee-object-id {principal.principal_id} --assignee-principal-type {principal.type}"
        f" --role {quote(role)} --scope {quote(scope)}"
    )


def _bicep(principal: Principal, role: RoleDefinition, scope: str) -> str:
    definition = role.id.rsplit("/", 1)[-1]
    return (
        "resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n"
        f"  scope: resource // {scope}\n"
        f"  name: guid(resource.id, principalId, '{definition}')\n"
        "  properties: {\n"
        f"    principalId: principalId // of {principal.name}\n"
        f"    principalType: '{principal.type}'\n"
        "    roleDefinitionId: subscriptionResourceId(\n"
        "      'Microsoft.Authorization/roleDefinitions',\n"
        f"      '{definition}' // {role.name}\n"
        "    )\n"
        "    description: 'the reason, for the next reader'\n"
        "  }\n"
        "}"
    )
