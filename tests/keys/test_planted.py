"""A key of each kind is found in each place, and nothing was found there before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from sandbox.state import State
from tests.infra.bicep import needs_bicep
from tests.keys.__main__ import found
from tests.keys.allowances import RUNNING as ALLOWED_RUNNING
from tests.keys.allowances import STATIC as ALLOWED
from tests.keys.allowances import unexplained
from tests.keys.planting import RUNNING, SITES, copy_tree, plant, planted_running
from tests.keys.plants import PLANTS, Plant
from tests.keys.running import PROC
from tests.keys.scan import Finding, scan

needs_proc = pytest.mark.skipif(not PROC.is_dir(), reason="no /proc shows environments here")


@dataclass(frozen=True)
class Planted:
    """The planted keys by name, and all findings."""

    keys: Mapping[str, str]
    before: Sequence[Finding]
    after: Sequence[Finding]

    def finds(self, key: Plant, place: str, where: str) -> bool:
        return any(
            (each.kind, each.place, each.where) == (key.kind, place, where)
            and self.keys[key.name] in each.text
            for each in self.after
        )


@pytest.fixture(scope="module")
def keys() -> Mapping[str, str]:
    return {each.name: each.make() for each in PLANTS}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, keys: Mapping[str, str]) -> Planted:
    root = copy_tree(tmp_path_factory.mktemp("tree"))
    before = list(found(root))
    plant(root, keys)
    return Planted(keys, unexplained(before, ALLOWED), unexplained(list(found(root)), ALLOWED))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, keys: Mapping[str, str]) -> Planted:
    state = State.open(tmp_path_factory.mktemp("state") / "nobody")
    with planted_running(state, {}) as texts:
        before = list(scan(texts))
    with planted_running(state, keys) as texts:
        after = list(scan(texts))
    return Planted(keys, unexplained(before, ALLOWED_RUNNING), unexplained(after, ALLOWED_RUNNING))


each_plant = pytest.mark.parametrize(
    "key", PLANTS, ids=lambda each: each.name.removeprefix("planted_")
)


@each_plant
@pytest.mark.parametrize(
    ("place", "where"),
    [
        pytest.param(each.place, each.where, marks=[needs_bicep] if each.file else [])
        for each in SITES
    ],
)
def test_a_key_is_found_where_nothing_runs(
    still: Planted, key: Plant, place: str, where: str
) -> None:
    assert still.finds(key, place, where)


@needs_proc
@each_plant
@pytest.mark.parametrize(("place", "where"), RUNNING.items())
def test_a_key_is_found_where_something_runs(
    running: Planted, key: Plant, place: str, where: str
) -> None:
    assert running.finds(key, place, where)


def test_nothing_was_found_before_it_was_planted(still: Planted) -> None:
    assert list(map(str, still.before)) == []


@needs_proc
def test_nothing_was_found_running_before_it_was_planted(running: Planted) -> None:
    assert not [each for each in running.before if each.where in RUNNING.values()]


def test_what_git_ignores_is_found_in_the_image_alone(still: Planted) -> None:
    ignored = {each.place for each in still.after if each.where.endswith("local.env")}
    assert ignored == {"images"}
