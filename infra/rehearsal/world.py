"""The state of Azure before a deployment: empty, an earlier deployment, or its remains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from infra.rehearsal.plan import ROLE_ASSIGNMENT, Plan, Step, same_id, unknowns

# Deleted resources of these types keep their name for the days of their retention. Log Analytics
# workspaces are not among them: a new one of the same name is the old one.
# Azure/azure-dev#6794; https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
KEEP_THEIR_NAME = frozenset(
    {
        "microsoft.apimanagement/service",
        "microsoft.appconfiguration/configurationstores",
        "microsoft.cognitiveservices/accounts",
        "microsoft.keyvault/vaults",
    }
)


Writing = Literal["resources", "role assignments", "role definitions"]


@dataclass(frozen=True)
class Holding:
    """The deployer's write permissions at a scope and below it."""

    scope: str
    writes: frozenset[Writing]
    # The roles that may be given, each the GUID of a definition; none stands for all.
    only_roles: frozenset[str] | None = None


@dataclass(frozen=True)
class World:
    """The state that a deployment meets. The default: an empty subscription, and full permission.

    `before` is the deployment that was carried out last, whole. Since then the resources of
    `removed` have been deleted with all that is below them, and those of `recreated` alone: the
    rights of their identities stay, and are of no use to the identity that is made next.
    """

    before: Plan | None = None
    removed: frozenset[str] = frozenset()
    recreated: frozenset[str] = frozenset()
    purged: bool = False
    # By type and name, both in lower case: what others hold, all over Azure.
    taken: frozenset[tuple[str, str]] = frozenset()
    # By name in lower case, the id of each custom role of the tenant that `before` did not make.
    roles: Mapping[str, str] = field(default_factory=dict)
    # None for a deployer who may do everything.
    deployer: Sequence[Holding] | None = None

    @cached_property
    def kept(self) -> Mapping[str, Step]:
        """The resources of the deployment before that still exist, by their ids in lower case."""
        made = self.before.steps if self.before else ()
        return {_key(each.id): each for each in made if not each.existing and not self._gone(each)}

    def has(self, step: Step) -> bool:
        """Return whether Azure holds the resource of a step already, under the same id."""
        return _key(step.id) in self.kept and not self.is_stale(step)

    def earlier(self, step: Step) -> Step | None:
        """Return the step of the deployment before that made the resource of this one."""
        return self.kept.get(_key(step.id)) if self.has(step) else None

    def is_stale(self, step: Step) -> bool:
        """Return whether the name of a step comes from an object id that has changed since."""
        names = (each.refers_to for each in unknowns(step.name))
        return any(same_id(of, old) for refers in names for of in refers for old in self.recreated)

    def grants(self, assignment: Step) -> bool:
        """Return whether a role assignment already exists for its current principal."""
        return self.has(assignment) and not any(
            same_id(value.of, old)
            for value in unknowns(assignment.properties)
            for old in self.recreated
        )

    def assignments(self) -> Iterator[Step]:
        """Return the role assignments that exist."""
        return (each for each in self.kept.values() if each.is_a(ROLE_ASSIGNMENT))

    def deleted(self) -> Iterator[Step]:
        """Yield the deleted resources that keep their name because they are not purged."""
        if self.before and not self.purged:
            for each in self.before.steps:
                if each.type.lower() in KEEP_THEIR_NAME and not each.existing and self._gone(each):
                    yield each

    def _gone(self, step: Step) -> bool:
        deleted = any(same_id(step.id, each) for each in self.recreated)
        return deleted or any(is_at_or_below(step.id, each) for each in self.removed)


def is_at_or_below(identifier: str, scope: str) -> bool:
    """Compare a resource id with a scope: the id itself, or one that contains it."""
    return _key(identifier) == _key(scope) or _key(identifier).startswith(_key(scope) + "/")


def _key(identifier: str) -> str:
    return identifier.rstrip("/").lower()
