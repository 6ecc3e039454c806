"""Whoever asks: whose rights they have, and where they have more than the policy gives.

Most people who deploy are owners, and some have given themselves a data role. What is never refused
to them says nothing about a refusal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.questions.probes import By, Plane
from local.report.control_plane import ControlPlane, Json, UnseenError
from local.sign_in import SignedIn

_VERSION = "2022-04-01"
# What the policy grants on lies deeper than these, which hold it.
_HOLDERS = ("storageaccounts", "vaults", "namespaces")


@dataclass(frozen=True)
class Caller:
    """Whose rights they have, and the planes where a role beside the policy opens more.

    `open_planes` is None where Azure does not show them their own roles.
    """

    by: By
    open_planes: frozenset[Plane] | None


def identify(azure: ControlPlane, signed_in: SignedIn, values: Mapping[str, str]) -> Caller:
    """Compare whoever is signed in with whom the environment was deployed for."""
    developer = values.get("DEVELOPER_PRINCIPAL_ID", "").lower()
    by = By.DEVELOPER if signed_in.object_id.lower() == developer else By.STRANGER
    try:
        planes = frozenset(_open(azure, signed_in.object_id))
    except UnseenError:
        return Caller(by, None)
    return Caller(by, planes)


def _open(azure: ControlPlane, object_id: str) -> Iterator[Plane]:
    """Roles that they have through a group are listed, too.

    learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
    """
    path = f"{azure.group_id}/providers/Microsoft.Authorization/roleAssignments"
    for each in azure.listed(path, _VERSION, f"assignedTo('{object_id}')"):
        given: Json = each.get("properties") or {}
        if _is_wide(str(given.get("scope"))):
            yield from _planes(azure.one(str(given["roleDefinitionId"]), _VERSION))


def _is_wide(scope: str) -> bool:
    """Whether a right there is on more than one entity."""
    parts = scope.lower().split("/")
    return len(parts) < 3 or "providers" not in parts[:-2] or parts[-2] in _HOLDERS


def _planes(definition: Json) -> Iterator[Plane]:
    permissions = (definition.get("properties") or {}).get("permissions") or ()
    data = [action for each in permissions for action in each.get("dataActions") or ()]
    for plane in Plane:
        if any(each == "*" or each.lower().startswith(f"{plane.lower()}/") for each in data):
            yield plane
