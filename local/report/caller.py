"""The user of the report: the rights of the policy, and rights beyond it.

Most deployers are owners, and some have given themselves a data role. A request that Azure never
refuses to them says nothing about refusals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.questions.probes import By, Plane
from local.report.control_plane import ControlPlane, Json, UnseenError
from local.sign_in import SignedIn

_VERSION = "2022-04-01"
# These resources contain the policy's scopes.
_HOLDERS = ("storageaccounts", "vaults", "namespaces")


@dataclass(frozen=True)
class Caller:
    """The rights of the user, and the planes where another role gives more.

    `open_planes` is None where Azure does not show the user's roles.
    """

    by: By
    open_planes: frozenset[Plane] | None


def identify(azure: ControlPlane, signed_in: SignedIn, values: Mapping[str, str]) -> Caller:
    """Compare the signed-in user with the environment's developer."""
    developer = values.get("DEVELOPER_PRINCIPAL_ID", "").lower()
    by = By.DEVELOPER if signed_in.object_id.lower() == developer else By.STRANGER
    try:
        planes = frozenset(_open(azure, signed_in.object_id))
    except UnseenError:
        return Caller(by, None)
    return Caller(by, planes)


def _open(azure: ControlPlane, object_id: str) -> Iterator[Plane]:
    """Yield the planes that a wide role opens; roles through a group are listed too.

    learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
    """
    path = f"{azure.group_id}/providers/Microsoft.Authorization/roleAssignments"
    for each in azure.listed(path, _VERSION, f"assignedTo('{object_id}')"):
        given: Json = each.get("properties") or {}
        if _is_wide(str(given.get("scope"))):
            yield from _planes(azure.one(str(given["roleDefinitionId"]), _VERSION))


def _is_wide(scope: str) -> bool:
    """Return whether a right on `scope` covers more than one entity."""
    parts = scope.lower().split("/")
    return len(parts) < 3 or "providers" not in parts[:-2] or parts[-2] in _HOLDERS


def _planes(definition: Json) -> Iterator[Plane]:
    permissions = (definition.get("properties") or {}).get("permissions") or ()
    data = [action for each in permissions for action in each.get("dataActions") or ()]
    for plane in Plane:
        if any(each == "*" or each.lower().startswith(f"{plane.lower()}/") for each in data):
            yield plane
