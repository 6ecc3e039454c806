"""Which request meets which fault, and until when."""

import re

import pytest

from sandbox.deployment import Deployment
from sandbox.faults import FAULTS, FaultError, Faults, fault, seconds_of, target_of
from sandbox.faults.active import Target
from sandbox.faults.effects import Answer, Busy, Late
from tests.sandbox.faults.clock import Clock

THROTTLED = fault("vault-429")
ALICE = Target("alice", frozenset({"1"}), frozenset({"shop"}))


def test_a_fault_ends_by_itself() -> None:
    clock = Clock()
    faults = Faults(clock)
    begun = faults.begin(THROTTLED, 5)
    assert faults.find("vault", Answer) == begun
    clock.now += 4.9
    assert faults.find("vault", Answer) == begun
    assert faults.remaining(begun) == pytest.approx(0.1)
    clock.now += 0.2
    assert faults.find("vault", Answer) is None
    assert faults.planned() == ()


def test_a_fault_is_met_on_its_plane_alone_and_by_its_effect() -> None:
    faults = Faults(Clock())
    faults.begin(THROTTLED)
    assert faults.find("blob", Answer) is None
    assert faults.find("vault", Late, Busy) is None
    assert faults.any_on("vault")
    assert not faults.any_on("blob")


def test_a_target_is_met_by_its_principal_or_its_app_and_nobody_else() -> None:
    faults = Faults(Clock())
    begun = faults.begin(THROTTLED, target=ALICE)
    assert faults.find("vault", Answer, principal="1") == begun
    assert faults.find("vault", Answer, app="shop") == begun
    assert faults.find("vault", Answer, principal="2", app="bank") is None
    assert faults.find("vault", Answer) is None


def test_of_several_faults_the_latest_is_met_as_long_as_it_lasts() -> None:
    clock = Clock()
    faults = Faults(clock)
    older = faults.begin(THROTTLED, 30)
    newer = faults.begin(fault("vault-503"), 10)
    assert faults.find("vault", Answer) == newer
    clock.now += 10
    assert faults.find("vault", Answer) == older


def test_a_fault_ends_when_it_is_told_to() -> None:
    faults = Faults(Clock())
    busy = faults.begin(fault("bus-busy"))
    throttled = faults.begin(THROTTLED)
    assert faults.end("vault-429") == (throttled,)
    assert faults.remaining(throttled) == 0
    assert faults.active() == (busy,)
    assert faults.end() == (busy,)
    assert faults.end() == ()


def test_a_planned_fault_begins_in_its_time() -> None:
    clock = Clock()
    faults = Faults(clock)
    planned = faults.begin(THROTTLED, 5, after=10)
    assert faults.active() == ()
    assert faults.planned() == (planned,)
    clock.now += 10
    assert faults.active() == (planned,)


def test_what_happens_once_is_never_in_force() -> None:
    faults = Faults(Clock())
    cut = faults.begin(fault("bus-cut"))
    assert cut.begins == cut.ends
    assert faults.active() == ()


@pytest.mark.parametrize("name", [each.name for each in FAULTS if not each.for_one])
def test_a_fault_of_everyone_takes_no_target(name: str) -> None:
    with pytest.raises(FaultError, match="meets every caller alike: leave out --on"):
        Faults(Clock()).begin(fault(name), target=ALICE)


@pytest.mark.parametrize("seconds", [0, -1, 86401, float("inf"), float("nan")])
def test_a_duration_is_between_nothing_and_a_day(seconds: float) -> None:
    with pytest.raises(FaultError, match="takes 1s to 24h, not"):
        Faults(Clock()).begin(THROTTLED, seconds)


def test_an_unknown_fault_is_answered_with_all_names() -> None:
    with pytest.raises(FaultError, match=r"no fault is called 'vault'; choose from .*vault-429"):
        fault("vault")


def test_a_service_is_met_as_its_identities(deployment: Deployment) -> None:
    found = target_of(deployment, "thumbnailer")
    assert found.principals == {deployment.principal("thumbnailer").principal_id}
    assert found.apps == {"thumbnailer"}


def test_a_user_is_met_as_itself(deployment: Deployment) -> None:
    found = target_of(deployment, "developer")
    assert found.principals == {deployment.principal("developer").principal_id}
    assert found.apps == frozenset()


def test_an_unknown_target_is_answered_with_all_names(deployment: Deployment) -> None:
    known = "catalog, developer, gateway, notifier, operator"
    with pytest.raises(FaultError, match=re.escape(f"'thumbs'; choose from {known}")):
        target_of(deployment, "thumbs")


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("1.5s", 1.5), ("2m", 120), ("1h", 3600)]
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "soon", "1d", "nan", "inf", "1e400h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(FaultError, match="is no duration: write 30s, 2m or 1h"):
        seconds_of(text)
