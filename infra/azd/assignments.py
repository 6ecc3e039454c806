"""Leftover role assignments: those of this deployment without a row in access.bicep.

A deployment deletes no role assignment. One whose row was removed stays granted until it is
deleted, and nothing shows it.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The namespace of ARM's guid(); https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string#guid
_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_KIND = "/providers/microsoft.authorization/roleassignments/"


class UnclearError(Exception):
    """The listed and the deployed assignments contradict each other, so nothing may be deleted."""


@dataclass(frozen=True)
class Assignment:
    """A role assignment, as Azure lists it."""

    id: str
    scope: str
    principal: str
    role: str
    description: str

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Assignment":
        """Read a list item; https://learn.microsoft.com/rest/api/authorization/role-assignments"""
        given = found["properties"]
        role = given["roleDefinitionId"].rsplit("/", 1)[1]
        description = given.get("description") or ""
        return cls(found["id"], given["scope"], given["principalId"], role, description)

    @property
    def is_ours(self) -> bool:
        """Return whether access.bicep created it, by the name that it derives from the grant."""
        name = self.id.rsplit("/", 1)[1].lower()
        return name == _guid(self.scope, self.principal, self.role, "keyless")

    def __str__(self) -> str:
        on = "/".join(self.scope.rsplit("/", 2)[1:])
        why = self.description or "no reason given"
        return f"{self.principal} has role {self.role} on {on}: {why}"


@dataclass(frozen=True)
class Verdict:
    """The leftovers at or below a group, and the assignments of others."""

    leftovers: Sequence[Assignment]
    of_others: Sequence[Assignment]


def judge(found: Iterable[Assignment], deployed: Collection[str], group: str) -> Verdict:
    """Compare Azure's list with the ids of the last deployment.

    Raises UnclearError if a deployed assignment is not listed, or not recognized as ours.
    """
    inside = [each for each in found if _is_within(each.scope, group)]
    meant = {each.lower() for each in deployed if _KIND in each.lower()}
    _check(inside, {each for each in meant if _is_within(each, group)})
    rest = [each for each in inside if each.id.lower() not in meant]
    return Verdict(
        [each for each in rest if each.is_ours], [each for each in rest if not each.is_ours]
    )


def _check(inside: Iterable[Assignment], meant: Collection[str]) -> None:
    if not meant:
        raise UnclearError("the last deployment names no role assignment.")
    there = {each.id.lower(): each for each in inside}
    if missing := [each for each in meant if each not in there]:
        raise UnclearError(
            f"Azure does not list {missing[0]}, which was deployed. If it was deleted by hand: "
            "azd provision --no-state"
        )
    if strange := [each for each in meant if not there[each].is_ours]:
        raise UnclearError(f"{strange[0]} was deployed, but not under access.bicep's name for it.")


def _is_within(scope: str, group: str) -> bool:
    return f"{scope}/".lower().startswith(f"{group}/".lower())


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_GUID_NAMESPACE, "-".join(parts)))
