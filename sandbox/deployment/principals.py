"""The ids that Entra would give the deployment's identities: made once, kept in state."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.state import State

_FILE = "principals.json"


@dataclass(frozen=True)
class Ids:
    """What Entra knows an identity by; `generation` counts how often it was made."""

    principal_id: str
    client_id: str
    generation: int = 1


def principal_ids(state: State, resource_ids: Iterable[str]) -> dict[str, Ids]:
    """The ids of each identity, by lower-case resource id; new ones are made and kept.

    Raises ValueError if the file that keeps them is broken.
    """
    kept = _kept(state)
    wanted = {each.lower(): kept.get(each.lower()) or _made_up() for each in resource_ids}
    if wanted.keys() - kept.keys():
        everything = kept | wanted
        state.write_json(_FILE, {key: vars(ids) for key, ids in sorted(everything.items())})
    return wanted


def _kept(state: State) -> dict[str, Ids]:
    try:
        return {key: Ids(**value) for key, value in (state.read_json(_FILE) or {}).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{state.path(_FILE)} does not hold identities: {error}") from error


def _made_up() -> Ids:
    return Ids(principal_id=str(uuid.uuid4()), client_id=str(uuid.uuid4()))
