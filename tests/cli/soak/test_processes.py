"""The processes that a round kills."""

import random
from pathlib import Path

import pytest

from cli.soak.processes import Family, Process, Target, processes_to_kill
from sandbox.deployment import app_names

SANDBOX, AZURITE = 10, 12


def forked(pid: int, parent: int, name: str) -> Process:
    return Process(pid, parent, ("python", "-m", "sandbox.guard.fork_server", "a:b"), name)


def family(*others: Process) -> Family:
    """A sandbox, Azurite, the fork server, and for each service a guard, a master, two workers."""
    found = [
        Process(SANDBOX, 1, ("python", "-m", "cli", "up")),
        Process(11, SANDBOX, ("python", "-I", "process_guard.py", "60", "", "node")),
        Process(AZURITE, 11, ("node", "azurite/dist/src/blob/main.js")),
        forked(13, SANDBOX, "fork-server"),
    ]
    for number, service in enumerate(app_names()):
        first = 100 + 10 * number
        found += [forked(first, 13, "guard"), forked(first + 1, first, service)]
        found += [forked(first + each, first + 1, service) for each in (2, 3)]
    return Family(SANDBOX, (*found, *others))


CHANCE = random.Random(1)  # noqa: S311
MASTERS = {101 + 10 * number for number in range(len(app_names()))}
WORKERS = {each + more for each in MASTERS for more in (1, 2)}


@pytest.mark.parametrize(
    ("target", "whom", "count"),
    [
        (Target.MASTER, MASTERS, 1),
        (Target.WORKER, WORKERS, 1),
        (Target.SANDBOX, {SANDBOX}, 1),
        (Target.AZURITE, {AZURITE}, 1),
        (Target.ALL, {SANDBOX, AZURITE} | MASTERS | WORKERS, 2 + 3 * len(app_names())),
    ],
)
def test_a_target_is_the_processes_that_it_names(
    target: Target, whom: set[int], count: int
) -> None:
    for _ in range(20):
        ((_, pids),) = processes_to_kill(target, family(), CHANCE).items()
        assert len(pids) == count
        assert set(pids) <= whom


def test_the_same_seed_kills_the_same() -> None:
    one, other = (processes_to_kill(Target.WORKER, family(), random.Random(5)) for _ in "12")  # noqa: S311
    assert one == other


def test_each_takes_all_others_in_turn() -> None:
    turn = [Target.EACH.of_round(number) for number in range(5)]
    assert set(turn) == set(Target) - {Target.EACH}
    assert Target.EACH.of_round(5) is turn[0]
    assert Target.AZURITE.of_round(3) is Target.AZURITE


def test_what_does_not_descend_from_the_sandbox_is_a_stray() -> None:
    assert family().strays == ()
    stray = forked(900, 1, "catalog")
    assert family(stray).strays == (stray,)


def test_every_process_has_a_name() -> None:
    found = family()
    names = {found.name(each) for each in found.all}
    assert {"sandbox", "azurite", "fork server", "guard"} <= names
    assert {"gateway master", "notifier worker"} <= names
    assert "?" not in names


def test_a_process_works_on_the_folder_that_its_command_or_its_environment_names() -> None:
    folder = Path("/state")
    assert Process(1, 0, ("node", "--location", "/state/azurite")).works_on(folder)
    assert Process(1, 0, ("gunicorn",), environment=b"HOME=/state/home\0").works_on(folder)
    assert not Process(1, 0, ("gunicorn",), environment=b"HOME=/root\0").works_on(folder)
