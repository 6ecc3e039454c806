"""The grants that would allow a request, and everything else that each would allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from shlex import quote

from sandbox.commands import KEYLESS
from sandbox.deployment import (
    ContainerApp,
    Principal,
    PrincipalKind,
    Registration,
    RoleDefinition,
)
from sandbox.deployment.short_names import short_scope
from sandbox.page.attempts import Attempt
from sandbox.page.verdicts import Verdict, decide
from sandbox.rbac import Assignments, Denied, Requirement, holds, scope_and_above

# A role's actions can be many; the first ones show how wide it is.
_MOST_ACTIONS = 8
# The remedies that a page offers, the narrowest first.
_MOST = 3
_APP_ROLE = """\
infra/entra/catalog.json, under heldBy:
  "{role}": [..., "{who}"]"""
_ATTACHED = """\
identity: {{
  type: 'UserAssigned'
  userAssignedIdentities: {{
    '${{{who}.id}}': {{}} // beside the others of {app}
  }}
}}"""


@dataclass(frozen=True)
class Remedy:
    """A grant that would allow a request, and its price: the other requests that it allows.

    `snippets` are the ways to make it, each with its title.
    """

    title: str
    on: str
    also: tuple[str, ...]
    snippets: tuple[tuple[str, str], ...]
    patterns: tuple[str, ...] = ()


def remedies(
    principal: Principal,
    attempt: Attempt,
    verdict: Verdict,
    assignments: Assignments,
    known: Iterable[Attempt],
) -> Iterator[Remedy]:
    """Yield the grants that would allow `attempt`, which is denied, the narrowest first."""
    match attempt.needs:
        case Registration() as api:
            yield from _app_role(principal, api)
        case ContainerApp() as app:
            yield from _attachment(principal, app, assignments, known)
        case Requirement():
            if isinstance(verdict.decision, Denied):
                yield from _roles(principal, attempt, verdict.decision, assignments, known)


def reach(
    principal: Principal, assignments: Assignments, known: Iterable[Attempt]
) -> dict[str, list[str]]:
    """Return the verbs that a principal may use now, by the resource."""
    found: dict[str, list[str]] = {}
    for each in known:
        if isinstance(each.needs, ContainerApp):
            continue  # code in the app, and not a thief with a token
        if decide(principal, each, assignments).allowed:
            found.setdefault(each.resource, []).append(each.verb)
    return found


def _roles(
    principal: Principal,
    attempt: Attempt,
    denied: Denied,
    assignments: Assignments,
    known: Iterable[Attempt],
) -> Iterator[Remedy]:
    scope, others = attempt.resource, [each for each in known if each.name != attempt.name]
    by_name = {each.name: each for each in assignments.roles}
    roles = (by_name[name] for name in denied.roles_that_would)
    for role in islice((each for each in roles if _allows(each, attempt)), _MOST):
        yield Remedy(
            title=role.name,
            on=short_scope(scope),
            also=tuple(_also(principal, scope, role, assignments, others)),
            snippets=(
                ("As a command", _command(principal, role.name, scope)),
                ("As Bicep", _bicep(principal, role, scope)),
            ),
            patterns=(*role.data_actions, *role.actions)[:_MOST_ACTIONS],
        )


def _app_role(principal: Principal, api: Registration) -> Iterator[Remedy]:
    for role in dict.fromkeys(each for held in api.roles.values() for each in held):
        snippet = _APP_ROLE.format(role=role, who=principal.name)
        also = (f"every call that the API allows with {role}",)
        yield Remedy(f"the app role {role}", api.uris[0], also, (("As a declaration", snippet),))


def _attachment(
    principal: Principal, app: ContainerApp, assignments: Assignments, known: Iterable[Attempt]
) -> Iterator[Remedy]:
    """Yield the attachment of a user-assigned identity: any other has one place alone."""
    if principal.kind is PrincipalKind.USER_ASSIGNED:
        found = reach(principal, assignments, known)
        also = tuple(f"{verb}: {short_scope(on)}" for on, verbs in found.items() for verb in verbs)
        snippet = _ATTACHED.format(who=principal.name, app=app.name)
        yield Remedy(
            f"{principal.name} attached, with the lifecycle Main",
            app.name,
            also,
            (("As Bicep", snippet),),
        )


def _also(
    principal: Principal,
    on: str,
    role: RoleDefinition,
    assignments: Assignments,
    known: Iterable[Attempt],
) -> Iterator[str]:
    """Yield the other requests that are denied now, and that the role would allow."""
    for each in known:
        needs = each.needs
        if not isinstance(needs, Requirement):
            continue
        if on.lower() not in scope_and_above(needs.scope):
            continue
        if _allows(role, each) and not decide(principal, each, assignments).allowed:
            yield each.words


def _allows(role: RoleDefinition, attempt: Attempt) -> bool:
    """Return whether a role has every right that a request requires."""
    return all(any(holds(role, action) for action in each.any_of) for each in attempt.requirements)


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
