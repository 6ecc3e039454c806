"""The ids that Entra would give the deployment's identities: made once, kept in state.

An identity that is deleted and made anew has other ids. The role assignments name the old one until
they are deployed again, and then one more each: nothing takes away what names nobody.
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identities-faq
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.broken_files import BrokenFileError
from sandbox.state import State

_FILE = "principals.json"


@dataclass(frozen=True)
class Ids:
    """What Entra knows an identity by; `generation` counts how often it was made.

    `former` are the principal ids that it had before; `assigned` those that role assignments name,
    the last one at the last deployment. Whom nobody has made anew, they name as it is.
    """

    principal_id: str
    client_id: str
    generation: int = 1
    former: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()

    @property
    def has_roles(self) -> bool:
        """Whether the role assignments name it as it is."""
        return self.principal_id in (self.assigned or (self.principal_id,))

    def made_anew(self) -> "Ids":
        """The same identity after it was deleted and made again: without a role."""
        former, assigned = (*self.former, self.principal_id), self.assigned or (self.principal_id,)
        return replace(_made_up(), generation=self.generation + 1, former=former, assigned=assigned)

    def deployed(self) -> "Ids":
        """The same identity after its role assignments were deployed again."""
        return (
            self if self.has_roles else replace(self, assigned=(*self.assigned, self.principal_id))
        )


def principal_ids(state: State, resource_ids: Iterable[str]) -> dict[str, Ids]:
    """The ids of each identity, by lower-case resource id; new ones are made and kept.

    Raises ValueError if the file that keeps them is broken.
    """
    kept = _kept(state)
    wanted = {each.lower(): kept.get(each.lower()) or _made_up() for each in resource_ids}
    if wanted.keys() - kept.keys():
        _keep(state, kept | wanted)
    return wanted


def as_assigned(ids: Mapping[str, Ids]) -> Iterator[dict[str, Ids]]:
    """The identities as each deployment of the roles saw them, the last deployment first."""
    for ago in range(max((len(each.assigned) for each in ids.values()), default=0) or 1):
        yield {key: _as_assigned(each, ago) for key, each in ids.items()}


def recreate(state: State, resource_id: str) -> Ids:
    """Delete an identity and make it anew. Raises KeyError if it is none, ValueError as above."""
    kept = _kept(state)
    made = kept[resource_id.lower()].made_anew()
    _keep(state, kept | {resource_id.lower(): made})
    return made


def deploy(state: State) -> dict[str, Ids]:
    """Let the roles name everybody as they are; gives those of whom that is news.

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
        return {key: _ids(value) for key, value in (state.read_json(_FILE) or {}).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BrokenFileError(state.path(_FILE), f"it holds no identities: {error}") from error


def _ids(value: Mapping[str, Any]) -> Ids:
    lists = {name: tuple(value.get(name, ())) for name in ("former", "assigned")}
    return Ids(**{**value, **lists})


def _keep(state: State, everything: Mapping[str, Ids]) -> None:
    state.write_json(_FILE, {key: vars(ids) for key, ids in sorted(everything.items())})


def _made_up() -> Ids:
    return Ids(principal_id=str(uuid.uuid4()), client_id=str(uuid.uuid4()))
