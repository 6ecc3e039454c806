"""The rights that a request of a check may not show: other roles, and another app's identity.

No request of a check needs `Contributor`, so none is decided by it; yet it may delete a container.
"""

from collections.abc import Collection, Iterator

from cli.lab.run import Finding
from sandbox.deployment import ContainerApp, Deployment, RoleDefinition
from sandbox.deployment.short_names import short_action, short_role, short_scope
from sandbox.rbac import Assignments

Right = tuple[str, str, str]  # the name of a principal, and of its role; a scope in lower case


def surplus_roles(
    sample: Deployment, assignments: Assignments, shown: Collection[Right]
) -> Iterator[Finding]:
    """Yield each role in force that the sample does not assign to that principal on that scope.

    Those in `shown` have a finding already.
    """
    own = {each.key for each in sample.assignments}
    names = {each.principal_id.lower(): each.name for each in sample.principals}
    for each in assignments.listed:
        role, who = assignments.role(each).name, names.get(each.principal_id.lower())
        if who and each.key not in own and (who, role, each.scope.lower()) not in shown:
            held = f"holds {short_role(role)} on {short_scope(each.scope)}"
            yield Finding(who, held, "the sample does not assign it: too much", too_much=True)


def rewritten_roles(sample: Deployment, now: Deployment) -> Iterator[Finding]:
    """Yield each custom role of the sample that allows more or less now, even if no request shows.

    A role that allows less fails as well: other requests of the sample need the lost actions.
    """
    own = {each.id.lower(): each for each in sample.custom_roles}
    for each in now.custom_roles:
        before = own.get(each.id.lower())
        if before is None:
            continue
        more, less = _gained(before, each), _gained(each, before)
        faults = [f"allows {', '.join(more)}: too much"] * bool(more)
        faults += [f"no longer allows {', '.join(less)}, which the sample needs"] * bool(less)
        if faults:
            does = f"the role {short_role(each.name)}"
            yield Finding("", does, "; ".join(faults), too_much=bool(more))


def exchanged_identities(sample: Deployment, now: Deployment) -> Iterator[Finding]:
    """Yield each service whose app has other identities attached than in the sample."""
    attached = {each.name: _attached(each) for each in now.apps}
    for app in sample.services:
        wanted, found = _attached(app), attached.get(app.name, frozenset())
        faults = [*(f"{each} is missing" for each in sorted(wanted - found))]
        faults += [f"{each} is not its own" for each in sorted(found - wanted)]
        if faults:
            yield Finding(app.name, "identities of its app", "; ".join(faults), found > wanted)


def _gained(before: RoleDefinition, now: RoleDefinition) -> list[str]:
    """Return the actions that a role allows now and did not name before, or left out."""
    added = {*now.actions, *now.data_actions} - {*before.actions, *before.data_actions}
    left_out = {*before.not_actions, *before.not_data_actions}
    return sorted(map(short_action, added | (left_out - {*now.not_actions, *now.not_data_actions})))


def _attached(app: ContainerApp) -> frozenset[str]:
    """Return the identities of an app, each by the end of its id, and when code may use it."""
    return frozenset(
        f"{each.identity.resource_id.rpartition('/')[2]} ({each.lifecycle.value})"
        for each in app.attachments
    )
