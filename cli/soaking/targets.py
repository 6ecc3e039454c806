"""The choice of the processes that a round kills, as pure functions."""

import random
from enum import StrEnum

from cli.soaking.processes import Family
from sandbox.deployment import app_names


class Target(StrEnum):
    """The processes to kill; `each` takes the others in turn."""

    MASTER = "gunicorn-master"
    WORKER = "worker"
    SANDBOX = "sandbox"
    AZURITE = "azurite"
    ALL = "all"
    EACH = "each"

    def of_round(self, number: int) -> "Target":
        """Return the target of the round with this number, counted from 0."""
        if self is not Target.EACH:
            return self
        single = [each for each in Target if each is not Target.EACH]
        return single[number % len(single)]

    @property
    def ends_sandbox(self) -> bool:
        return self in {Target.SANDBOX, Target.ALL}


def victims(target: Target, family: Family, chance: random.Random) -> dict[str, tuple[int, ...]]:
    """Return the ids of the processes to kill, by a name for them."""
    service = chance.choice(app_names())
    match target:
        case Target.MASTER:
            return {f"the master of {service}": _present(family.masters.get(service))}
        case Target.WORKER:
            return {f"a worker of {service}": _one(family.workers(service), chance)}
        case Target.SANDBOX:
            return {"the sandbox": (family.sandbox,)}
        case Target.AZURITE:
            return {"Azurite": family.azurite}
        case _:
            masters = tuple(family.masters.values())
            workers = tuple(pid for each in app_names() for pid in family.workers(each))
            return {"all at once": (family.sandbox, *family.azurite, *masters, *workers)}


def _present(pid: int | None) -> tuple[int, ...]:
    return () if pid is None else (pid,)


def _one(pids: tuple[int, ...], chance: random.Random) -> tuple[int, ...]:
    return (chance.choice(sorted(pids)),) if pids else ()
