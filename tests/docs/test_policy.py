"""The table of docs/roles-and-scopes.md is the deployed policy."""

import re
from collections.abc import Iterator
from pathlib import Path

from sandbox.deployment import Deployment, app_names, load
from sandbox.rbac import built_in_roles
from sandbox.state import PROJECT, State

PAGE = PROJECT / "docs" / "roles-and-scopes.md"

Right = tuple[str, str, str]

_KINDS = {
    "containers": "container",
    "queues": "queue",
    "topics": "topic",
    "subscriptions": "subscription",
    "secrets": "secret",
}
_ALONE = {"components": "Application Insights", "registries": "registry"}


def told() -> Iterator[Right]:
    """Return each right of the page's first table, without the developer's."""
    table = PAGE.read_text().partition("|---")[2].partition("\n\n")[0]
    for row in table.splitlines()[1:]:
        who, role, on, _ = (each.strip().replace("`", "") for each in row.strip("|").split("|"))
        for one in who.split(", "):
            for scope in on.split(", "):
                yield one, role.strip("*"), scope


def deployed(deployment: Deployment) -> Iterator[Right]:
    """Return each right that the snapshot assigns, in the page's words."""
    roles = {each.id.rsplit("/", 1)[1]: each for each in built_in_roles()}
    roles |= {each.id.rsplit("/", 1)[1]: each for each in deployment.custom_roles}
    names = {each.principal_id: each.name for each in deployment.principals}
    for each in deployment.assignments:
        role = roles[each.role_definition_id.rsplit("/", 1)[1]].name
        kind, name = each.scope.split("/")[-2:]
        scope = _ALONE.get(kind) or f"{_KINDS[kind]} {name}"
        yield names[each.principal_id], re.sub(r" \(.*\)$", "", role), scope


def test_the_page_tells_every_right_that_is_assigned_and_no_other(tmp_path: Path) -> None:
    found = set(deployed(load(State.open(tmp_path))))
    assert {each for each in told() if each[0] != "developer"} == {
        each for each in found if each[0] != "developer"
    }


def test_the_developer_has_what_the_services_have_together(tmp_path: Path) -> None:
    found = set(deployed(load(State.open(tmp_path))))
    of_services = {(role, scope) for who, role, scope in found if who in app_names()}
    kept = {scope for role, scope in of_services if role == "Keyless Blob Keeper"}
    # Who keeps a container reads it too: a right that another includes is not granted twice.
    of_services -= {("Storage Blob Data Reader", scope) for scope in kept}
    assert {(role, scope) for who, role, scope in found if who == "developer"} == of_services
