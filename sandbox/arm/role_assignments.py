"""Microsoft.Authorization/roleAssignments: list, get, create and delete role assignments.

https://learn.microsoft.com/rest/api/authorization/role-assignments; the shape of the answers:
Azure/azure-cli, command_modules/role/tests/latest/recordings/test_role_assignment_no_graph.yaml
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.arm import errors
from sandbox.arm.filters import AssignmentFilter
from sandbox.arm.scopes import check_exists
from sandbox.deployment import ByHand, Deployment, RoleAssignment
from sandbox.entra import Caller
from sandbox.printable import printable
from sandbox.rbac import AssignmentExistsError, Assignments, AssignmentUpdateError

Json = Mapping[str, Any]

# learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits
MOST = 4_000

_TYPE = "Microsoft.Authorization/roleAssignments"
_DEFINITION = "Microsoft.Authorization/roleDefinitions"
_SERVICE_PRINCIPAL, _USER = "ServicePrincipal", "User"
# learn.microsoft.com/rest/api/authorization/role-assignments/create#principaltype
_TYPES = (_USER, "Group", _SERVICE_PRINCIPAL, "ForeignGroup", "Device")
# Ours: a description is stored, and listed with every other one.
_LONGEST_DESCRIPTION = 2_048


@dataclass(frozen=True)
class _Asked:
    """The properties of the assignment in a request."""

    role: str
    principal_id: str
    principal_type: str
    description: str


class RoleAssignments:
    """The operations on `assignments`, in the terms of one deployment."""

    def __init__(
        self, assignments: Assignments, deployment: Deployment, now: Callable[[], datetime]
    ) -> None:
        self._assignments = assignments
        self.deployment = deployment
        self._now = now
        self._began = _iso(now())

    def list(self, scope: str, filtered: str) -> Json:
        """Return the assignments that concern `scope`. Raises Refusal."""
        found = AssignmentFilter.parse(filtered).of(scope, self._assignments.listed)
        return {"value": [self._shown(each) for each in found]}

    def get(self, scope: str, name: str) -> Json:
        """Return one assignment. Raises Refusal."""
        found = self._assignments.find(_id(scope, name))
        if found is None:
            raise errors.assignment_not_found(name)
        return self._shown(found)

    def put(self, caller: Caller, scope: str, name: str, body: bytes) -> tuple[int, Json]:
        """Create an assignment, or change its description: return the status and the assignment.

        Raises Refusal, and OSError if it cannot be stored.
        """
        if not _is_guid(name):
            raise errors.invalid_assignment_name(name)
        asked = self._asked(body)
        check_exists(self.deployment, scope)
        there = self._assignments.find(_id(scope, name))
        if there is None and len(self._assignments.listed) >= MOST:
            raise errors.too_many_assignments()
        made = self._made(caller, scope, name, asked, there)
        try:
            self._assignments.put(made)
        except AssignmentExistsError as error:
            raise errors.assignment_exists(_name(error.existing)) from None
        except AssignmentUpdateError:
            raise errors.assignment_update() from None
        shown = self._shown(made)
        if there:
            return 200, shown
        # The answer to a creation leaves it out, as in the recordings above.
        return 201, {**shown, "properties": {**shown["properties"], "createdBy": None}}

    def delete(self, caller: Caller, scope: str, name: str) -> Json | None:
        """Delete an assignment and return it; None if there is none. Raises OSError."""
        found = self._assignments.delete(_id(scope, name), by=caller.name)
        return None if found is None else self._shown(found)

    def _made(
        self, caller: Caller, scope: str, name: str, asked: _Asked, there: RoleAssignment | None
    ) -> RoleAssignment:
        now, by = _iso(self._now()), caller.principal_id
        before = there.by_hand if there else None
        created_by, created_on = (before.created_by, before.created_on) if before else (by, now)
        described = f": {printable(asked.description)}" if asked.description else ""
        return RoleAssignment(
            id=_id(scope, name),
            scope=scope,
            principal_id=asked.principal_id,
            role_definition_id=(
                f"/subscriptions/{self.deployment.subscription_id}/providers/{_DEFINITION}"
                f"/{asked.role}"
            ),
            why=f"granted by hand by {caller.name}{described}",
            by_hand=ByHand(
                maker=caller.name,
                created_by=created_by,
                created_on=created_on,
                updated_by=by,
                updated_on=now,
                principal_type=asked.principal_type,
                description=asked.description,
            ),
        )

    def _asked(self, body: bytes) -> _Asked:
        """Return the properties in `body`, checked in the order of their texts. Raises Refusal."""
        properties = _properties(body)
        role = _value(properties, "roleDefinitionId").rstrip("/").rpartition("/")[2].lower()
        if not self._assignments.knows(role):
            raise errors.definition_not_found(role, status=400)
        principal_id = _value(properties, "principalId").lower()
        if not _is_guid(principal_id):
            raise errors.invalid_principal()
        if _value(properties, "condition"):
            raise errors.not_evaluated("condition of a role assignment")
        description = _value(properties, "description")
        if len(description) > _LONGEST_DESCRIPTION:
            raise errors.bad_body(
                f"the description has more than {_LONGEST_DESCRIPTION} characters"
            )
        kind = self._principal_type(principal_id, _value(properties, "principalType"))
        return _Asked(role, principal_id, kind, description)

    def _principal_type(self, principal_id: str, given: str) -> str:
        """Return the type of a principal. Raises Refusal.

        A given type lets an unknown principal pass, since it may be too young to be found.
        """
        if given and given not in _TYPES:
            raise errors.bad_body("the principalType is unknown")
        if given == "Group":
            raise errors.not_evaluated("group")
        found = self._known_type(principal_id)
        if not (given or found):
            raise errors.principal_not_found(principal_id, self.deployment.tenant_id)
        if given and found and given != found:
            raise errors.unmatched_principal_type(principal_id, found, given)
        return given or found

    def _known_type(self, principal_id: str) -> str:
        """Return the type of a principal that exists; empty if there is none."""
        everyone = (*self.deployment.principals, self.deployment.deployer)
        for each in everyone:
            if each.principal_id.lower() == principal_id.lower():
                return each.type
        return ""

    def _shown(self, assignment: RoleAssignment) -> Json:
        hand = assignment.by_hand or self._of_deployment(assignment)
        role = assignment.role_definition_id.rpartition("/")[2]
        subscription = f"/subscriptions/{self.deployment.subscription_id}"
        return {
            "properties": {
                "roleDefinitionId": f"{subscription}/providers/{_DEFINITION}/{role}",
                "principalId": assignment.principal_id,
                "principalType": hand.principal_type,
                "scope": assignment.scope,
                "condition": None,
                "conditionVersion": None,
                "createdOn": hand.created_on,
                "updatedOn": hand.updated_on,
                "createdBy": hand.created_by,
                "updatedBy": hand.updated_by,
                "delegatedManagedIdentityResourceId": None,
                "description": hand.description or None,
            },
            "id": assignment.id,
            "type": _TYPE,
            "name": _name(assignment),
        }

    def _of_deployment(self, assignment: RoleAssignment) -> ByHand:
        """Return the origin of a deployment's assignment: the deployer, before the start."""
        by, on = self.deployment.deployer.principal_id, self._began
        kind = self._known_type(assignment.principal_id) or _SERVICE_PRINCIPAL
        return ByHand("", by, on, by, on, kind, assignment.why)


def _properties(body: bytes) -> Json:
    """Return the properties in a body. Raises Refusal."""
    try:
        raw = json.loads(body)
        properties = raw["properties"] if isinstance(raw, dict) else None
    except (ValueError, LookupError, RecursionError):
        properties = None
    if not isinstance(properties, dict):
        raise errors.bad_body("the body is no JSON object with properties")
    return properties


def _value(properties: Json, name: str) -> str:
    """Return a property, empty if it is missing or null. Raises Refusal if it is no text."""
    value = properties.get(name)
    if value is not None and not isinstance(value, str):
        raise errors.bad_body(f"{name} is no text")
    return value or ""


def _id(scope: str, name: str) -> str:
    return f"{scope.rstrip('/')}/providers/{_TYPE}/{name}"


def _name(assignment: RoleAssignment) -> str:
    return assignment.id.rpartition("/")[2]


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _iso(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
