"""The broken copy of the sample: its snapshot with other roles and settings, and its Bicep."""

import copy
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.lab.course import CourseError, Edit, Lab, Property, Row, Setting
from cli.short_names import resolve
from local.az_commands import built_in_guid
from sandbox.deployment import SNAPSHOT, Deployment
from sandbox.deployment.short_names import resource_ids, subscription_of

Json = dict[str, Any]
_APP = "Microsoft.App/containerApps"
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
_DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"
_WHOLE = {
    "account": lambda deployment: deployment.storage.id,
    "vault": lambda deployment: deployment.vault.id,
    "namespace": lambda deployment: deployment.bus.id,
}


def broken(snapshot: Mapping[str, Any], lab: Lab, deployment: Deployment) -> Json:
    """Return a copy of `snapshot`, which `deployment` is of, as the lab breaks it.

    Raises CourseError for a row or an app that it does not have.
    """
    made = copy.deepcopy(dict(snapshot))
    for each in lab.broken.grant:
        made["predictedResources"].append(_granted(made, each, deployment))
    for each in lab.broken.revoke:
        made["predictedResources"].remove(_found(made, each, deployment))
    for setting in lab.broken.settings:
        _set(made, setting)
    for changed in lab.broken.properties:
        _change(made, changed, deployment)
    return made


def copy_bicep(folder: Path, edits: Sequence[Edit]) -> None:
    """Copy the sample's Bicep, without its snapshot, to `folder`, and edit it. Raises OSError."""
    shutil.copytree(
        SNAPSHOT.parent, folder, ignore=shutil.ignore_patterns("*.snapshot.*", "snapshot")
    )
    for each in edits:
        path = folder / each.file
        path.write_text(edited(path.read_text("utf-8"), each), "utf-8")


def edited(text: str, edit: Edit) -> str:
    """Return `text` with its one occurrence of the edit replaced. Raises CourseError."""
    if text.count(edit.find) != 1:
        raise CourseError(f"{edit.file} has {edit.find!r} {text.count(edit.find)} times, not once")
    return text.replace(edit.find, edit.replace)


def scope_of(deployment: Deployment, on: str) -> str:
    """Return the id of a resource: by the end of its id, or as account, vault or namespace."""
    if on in _WHOLE:
        return str(_WHOLE[on](deployment))
    return resolve("resource", on, resource_ids(deployment))


def role_guid(deployment: Deployment, role: str) -> str:
    """Return the GUID of a role by its name, a custom one's without its suffix."""
    custom = (each.id for each in deployment.custom_roles if each.name.startswith(f"{role} ("))
    found = built_in_guid(role) or next(custom, "").rpartition("/")[2]
    if not found:
        raise CourseError(f"there is no role {role!r}")
    return found


def _found(snapshot: Json, row: Row, deployment: Deployment) -> Json:
    scope, role = scope_of(deployment, row.on), role_guid(deployment, row.role)
    found = [
        each
        for each in _assignments(snapshot)
        if f"'{scope}', '{_ASSIGNMENT}'" in each["id"]
        and each["properties"]["roleDefinitionId"].endswith(role)
        and _principal(snapshot, row.who) == each["properties"]["principalId"]
    ]
    if len(found) != 1:
        raise CourseError(f"the sample has {len(found)} rows of {row.who}: {row.role} on {row.on}")
    return found[0]


def _granted(snapshot: Json, row: Row, deployment: Deployment) -> Json:
    scope, role = scope_of(deployment, row.on), role_guid(deployment, row.role)
    principal = _principal(snapshot, row.who)
    name = f"guid('{scope}', {principal.strip('[]')}, '{role}', 'keyless')"
    subscription = subscription_of(scope)
    return {
        "id": f"[extensionResourceId('{scope}', '{_ASSIGNMENT}', {name})]",
        "type": _ASSIGNMENT,
        "name": f"[{name}]",
        "apiVersion": "2022-04-01",
        "properties": {
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "roleDefinitionId": f"{subscription}/{_DEFINITIONS}/{role}",
            "description": row.why,
        },
    }


def _set(snapshot: Json, setting: Setting) -> None:
    """Give an app's variable its other value, or delete it."""
    apps = [
        each
        for each in snapshot["predictedResources"]
        if each["type"] == _APP and each["name"] == setting.app
    ]
    if not apps:
        raise CourseError(f"the sample has no app {setting.app!r}")
    (container,) = apps[0]["properties"]["template"]["containers"]
    before = container["env"]
    names = [each["name"] for each in before]
    at = names.index(setting.name) if setting.name in names else len(names)
    given = [] if setting.value is None else [{"name": setting.name, "value": setting.value}]
    after = [*before[:at], *given, *before[at + 1 :]]
    if after == before:
        raise CourseError(f"{setting.name} of {setting.app} is as in the sample")
    container["env"] = after


def _change(snapshot: Json, changed: Property, deployment: Deployment) -> None:
    """Give a property of a resource its other value."""
    scope = scope_of(deployment, changed.on)
    found = [each for each in snapshot["predictedResources"] if each["id"] == scope]
    if len(found) != 1 or found[0]["properties"].get(changed.name) in {None, changed.value}:
        raise CourseError(f"the sample's {changed.on} has no other {changed.name!r}")
    found[0]["properties"][changed.name] = changed.value


def _principal(snapshot: Json, who: str) -> str:
    """Return the expression for the object id of a service's identity."""
    names = (f"/userAssignedIdentities/id-{who}-", f"/containerApps/{who}'")
    for each in _assignments(snapshot):
        expression = str(each["properties"]["principalId"])
        if any(name in expression for name in names):
            return expression
    raise CourseError(f"no row of the sample is of {who}")


def _assignments(snapshot: Json) -> list[Json]:
    return [each for each in snapshot["predictedResources"] if each["type"] == _ASSIGNMENT]
