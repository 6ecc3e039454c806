"""The $filter of role assignments and role definitions.

https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
https://learn.microsoft.com/azure/role-based-access-control/role-definitions-list
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.arm import errors
from sandbox.deployment import RoleAssignment
from sandbox.rbac import scope_and_above

_AT_SCOPE = re.compile(r"atScope\(\)", re.IGNORECASE)
_PRINCIPAL = re.compile(r"principalId eq '([^']*)'", re.IGNORECASE)
_ASSIGNED_TO = re.compile(r"assignedTo\('([^']*)'\)", re.IGNORECASE)
_AND = re.compile(" and ", re.IGNORECASE)
_AT_SCOPE_AND_BELOW = re.compile(r"atScopeAndBelow\(\)", re.IGNORECASE)
_ROLE_NAME = re.compile(r"roleName eq '((?:[^']|'')*)'", re.IGNORECASE)
_TYPE = re.compile(r"type eq '([^']*)'", re.IGNORECASE)


@dataclass(frozen=True)
class AssignmentFilter:
    """Which assignments to list: those of one principal, and perhaps none below the scope."""

    at_scope: bool = False
    principal_id: str = ""

    @classmethod
    def parse(cls, text: str) -> "AssignmentFilter":
        """Return the filter that `text` is. Raises Refusal 400.

        Azure takes atScope() with assignedTo(), and principalId alone.
        """
        if found := _PRINCIPAL.fullmatch(text):
            return cls(principal_id=found[1])
        at_scope, principal_id = False, ""
        for each in _AND.split(text) if text else ():
            if found := _ASSIGNED_TO.fullmatch(each):
                principal_id = found[1]
            elif _AT_SCOPE.fullmatch(each):
                at_scope = True
            else:
                raise errors.unsupported_filter(text)
        return cls(at_scope, principal_id)

    def of(self, scope: str, assignments: Iterable[RoleAssignment]) -> list[RoleAssignment]:
        """Return those of `assignments` that are at `scope`, above it or, unless excluded, below.

        There are no groups, so that an assignment to a principal is one to itself.
        """
        above = set(scope_and_above(scope))
        below = "" if self.at_scope else f"{scope.rstrip('/').lower()}/"
        found = [each for each in assignments if _concerns(each.scope.lower(), above, below)]
        wanted = self.principal_id.lower()
        return [each for each in found if wanted in {"", each.principal_id.lower()}]


def _concerns(scope: str, above: set[str], below: str) -> bool:
    return scope.rstrip("/") in above or bool(below and scope.startswith(below))


@dataclass(frozen=True)
class DefinitionFilter:
    """Which role definitions to list: those of one name, or of one type."""

    role_name: str = ""
    role_type: str = ""

    @classmethod
    def parse(cls, text: str) -> "DefinitionFilter":
        """Return the filter that `text` is. Raises Refusal 400."""
        role_name, role_type = "", ""
        # A name may hold the word that joins conditions.
        alone = _ROLE_NAME.fullmatch(text)
        for each in [text] if alone else _AND.split(text) if text else ():
            if found := _ROLE_NAME.fullmatch(each):
                role_name = found[1].replace("''", "'")
            elif found := _TYPE.fullmatch(each):
                role_type = found[1]
            elif not _AT_SCOPE_AND_BELOW.fullmatch(each):
                raise errors.unsupported_definition_filter(text)
        return cls(role_name, role_type)

    def takes(self, role_name: str, role_type: str) -> bool:
        """Return whether a role of this name and type is listed."""
        return self.role_name.lower() in {"", role_name.lower()} and self.role_type.lower() in {
            "",
            role_type.lower(),
        }
