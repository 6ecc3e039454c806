"""The role definitions and role assignments of a deployment, and those that were made by hand."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ByHand:
    """The origin of a role assignment that no deployment made: the name of its maker, and more.

    Ids are object ids, times are ISO 8601 in UTC; `description` is the maker's own.
    """

    maker: str
    created_by: str
    created_on: str
    updated_by: str
    updated_on: str
    principal_type: str
    description: str = ""


@dataclass(frozen=True)
class RoleAssignment:
    """A role for a principal, on a scope and below; `by_hand` unless a deployment made it."""

    id: str
    scope: str
    principal_id: str
    role_definition_id: str
    why: str
    by_hand: ByHand | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """The principal, role and scope, of which Azure allows one assignment."""
        role = self.role_definition_id.rsplit("/", 1)[-1]
        return self.principal_id.lower(), role.lower(), self.scope.rstrip("/").lower()


@dataclass(frozen=True)
class NotEvaluated:
    """A role assignment that grants nothing here, and the reason.

    `to_group` says that it is to a group, whose members only Entra knows.
    """

    assignment: RoleAssignment
    why: str
    to_group: bool = False

    def __str__(self) -> str:
        whom = f" members of the group {self.assignment.principal_id}" if self.to_group else " it"
        return f"on Azure, {self.assignment.id} may allow{whom}: {self.why}"


@dataclass(frozen=True)
class RoleDefinition:
    """A role: patterns of actions with `*`; control actions never imply data actions.

    `assignable_scopes` are those of a custom role; Azure's own can be assigned anywhere.
    """

    id: str
    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()
    assignable_scopes: tuple[str, ...] = ("/",)
