"""The Entra ids of the deployment's identities, made once and kept in the state.

A recreated identity has new ids. The role assignments name the old ones until they are deployed
again; then each gets another assignment, and the old ones remain.
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identities-faq
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.broken_files import BrokenFileError
from sandbox.state import State

PRINCIPALS = "principals.json"


@dataclass(frozen=True)
class Ids:
    """The ids of an identity in Entra; `generation` counts its creations.

    `former` are its earlier principal ids; `assigned` are those that role assignments name, the
    last one since the last deployment. An identity that was never recreated is named as it is.
    """

    principal_id: str
    client_id: str
    generation: int = 1
    former: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()

    @property
    def has_roles(self) -> bool:
        """True if role assignments name its current ids."""
        return self.principal_id in (self.assigned or (self.principal_id,))

    def recreated(self) -> "Ids":
        """Return the identity after it was deleted and recreated: without a role."""
        former, assigned = (*self.former, self.principal_id), self.assigned or (self.principal_id,)
        return replace(_made_up(), generation=self.generation + 1, former=former, assigned=assigned)

    def deployed(self) -> "Ids":
        """Return the identity after its role assignments were deployed again."""
        return (
            self if self.has_roles else replace(self, assigned=(*self.assigned, self.principal_id))
        )


def principal_ids(state: State, resource_ids: Iterable[str]) -> dict[str, Ids]:
    """Return the ids of each identity by lower-case resource id; make and keep new ones.

    Raises ValueError if their file is broken.
    """
    kept = _kept(state)
    wanted = {each.lower(): kept.get(each.lower()) or _made_up() for each in resource_ids}
    if wanted.keys() - kept.keys():
        _keep(state, kept | wanted)
    return wanted


def as_assigned(ids: Mapping[str, Ids]) -> Iterator[dict[str, Ids]]:
    """Return the identities as each deployment of the roles named them, the last one first."""
    for ago in range(max((len(each.assigned) for each in ids.values()), default=0) or 1):
        yield {key: _as_assigned(each, ago) for key, each in ids.items()}


def forget(state: State, resource_ids: Iterable[str]) -> None:
    """Delete identities: under the same name, they get new ids. Raises ValueError as above."""
    kept, gone = _kept(state), {each.lower() for each in resource_ids}
    if gone & kept.keys():
        _keep(state, {key: ids for key, ids in kept.items() if key not in gone})


def recreate(state: State, resource_id: str) -> Ids:
    """Delete and recreate an identity. Raises KeyError if it is unknown, ValueError as above."""
    kept = _kept(state)
    made = kept[resource_id.lower()].recreated()
    _keep(state, kept | {resource_id.lower(): made})
    return made


def deploy(state: State) -> dict[str, Ids]:
    """Let the role assignments name all current ids; return the identities that changed.

    Raises ValueError as above.
    """
    kept = _kept(state)
    news = {key: ids.deployed() for key, ids in kept.items() if not ids.has_roles}
    if news:
        _keep(state, kept | news)
    return news


def _as_assigned(ids: Ids, ago: int) -> Ids:
    named = ids.assigned or (ids.principal_id,)
    return replace(ids, principal_id=named[max(len(named) - 1 - ago, 0)])


def _kept(state: State) -> dict[str, Ids]:
    try:
        return {key: _ids(value) for key, value in (state.read_json(PRINCIPALS) or {}).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BrokenFileError(state.path(PRINCIPALS), f"it holds no identities: {error}") from error


def _ids(value: Mapping[str, Any]) -> Ids:
    lists = {name: tuple(value.get(name, ())) for name in ("former", "assigned")}
    return Ids(**{**value, **lists})


def _keep(state: State, everything: Mapping[str, Ids]) -> None:
    state.write_json(PRINCIPALS, {key: vars(ids) for key, ids in sorted(everything.items())})


def _made_up() -> Ids:
    return Ids(principal_id=str(uuid.uuid4()), client_id=str(uuid.uuid4()))
