"""The machine's clock set back by an hour or on by a day, by clocks that a test sets.

The bus, the rate limit and the services' pauses are on a clock that cannot be set; only tokens,
and the lock times that clients get, follow the machine's clock.
"""

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import proton
import pytest

from sandbox.deployment import Principal, load
from sandbox.edge import Certificate
from sandbox.entra import VAULT, VAULT_AUDIENCES, Issuer, SigningKey, TokenRefused, Verifier
from sandbox.entra.issuer import LIFETIME
from sandbox.servicebus import plane
from sandbox.servicebus.serve.broker import Broker
from sandbox.servicebus.serve.settlement import Complete
from sandbox.servicebus.serve.store import Store
from sandbox.state import State
from sandbox.supervisor.clock import MonotonicClock
from tests.sandbox.servicebus.messages import message
from tests.sandbox.servicebus.world import BUS, NAMESPACE

HOUR, DAY = 3600.0, 86400.0
SHIFTS = [-HOUR, DAY]


@dataclass
class Machine:
    """A machine's two clocks: one that can be set, and one that cannot."""

    wall: float = 1_900_000_000.0
    steady: float = 50.0

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


class Entra:
    """The issuer and the verifier of tokens, on one machine."""

    def __init__(self, folder: Path) -> None:
        state = State.open(folder)
        deployment = load(state)
        self.machine = Machine()
        self.clock = MonotonicClock(lambda: self.machine.wall, lambda: self.machine.steady)
        self._key, self._tenant = SigningKey.kept_in(state), deployment.tenant_id
        self.who: Principal = deployment.principal("operator")
        self.issuer = Issuer(self._key, self._tenant, self.clock)
        self.verifier = Verifier([self._key], self._tenant, VAULT_AUDIENCES, {}, self.clock)

    def issuer_elsewhere(self, origin: float) -> Issuer:
        """Return an issuer in another process, which follows this one's clock."""
        clock = MonotonicClock(lambda: self.machine.wall, lambda: self.machine.steady, origin)
        return Issuer(self._key, self._tenant, clock)


@pytest.fixture
def entra(tmp_path: Path) -> Entra:
    return Entra(tmp_path)


def test_tokens_stay_good_when_the_clock_is_set_back(entra: Entra) -> None:
    before = entra.issuer.issue(entra.who, VAULT)
    entra.machine.wall -= HOUR
    after = entra.issuer.issue(entra.who, VAULT)
    for token in (before, after):
        assert entra.verifier.verify(token.text).principal_id == entra.who.principal_id
    entra.machine.pass_time(LIFETIME)
    for token in (before, after):
        with pytest.raises(TokenRefused, match="expired"):
            entra.verifier.verify(token.text)


def test_tokens_end_when_the_clock_is_set_on_and_new_ones_are_good(entra: Entra) -> None:
    before = entra.issuer.issue(entra.who, VAULT)
    entra.machine.wall += DAY
    with pytest.raises(TokenRefused, match="expired"):
        entra.verifier.verify(before.text)
    after = entra.issuer.issue(entra.who, VAULT)
    # The SDK goes by the machine's clock: a token that it asks for now must be valid by it, too.
    assert after.expires_on >= entra.machine.wall + LIFETIME - 1
    assert entra.verifier.verify(after.text)


@pytest.mark.parametrize("shift", [HOUR, 2 * DAY])
def test_another_process_gives_out_good_tokens_after_a_jump_there_and_back(
    entra: Entra, shift: float
) -> None:
    entra.machine.wall += shift
    origin = math.floor(entra.clock.origin)
    entra.machine.wall -= shift
    token = entra.issuer_elsewhere(origin).issue(entra.who, VAULT)
    assert entra.verifier.verify(token.text).principal_id == entra.who.principal_id


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_bus_goes_on_evenly(monkeypatch: pytest.MonkeyPatch, shift: float) -> None:
    clock = plane._steady_clock()
    before = clock()
    genuine = time.time
    monkeypatch.setattr(time, "time", lambda: genuine() + shift)
    assert 0 <= clock() - before < 60


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_lock_is_told_by_the_clock_that_the_client_has(tmp_path: Path, shift: float) -> None:
    """The SDK settles no message whose lock has ended by its own clock, and burns a delivery."""
    machine = Machine()
    store = Store(tmp_path / "bus.db")
    broker = Broker(
        NAMESPACE,
        store,
        lambda: machine.steady,
        lambda _: None,
        lambda moment: moment - machine.steady + machine.wall,
    )
    orders = broker.entities[f"{BUS}/queues/orders".lower()].active
    broker.destinations[f"{BUS}/queues/orders".lower()].send([message()])
    machine.wall += shift
    delivered = orders.receive(and_delete=False)
    assert delivered is not None
    assert delivered.token is not None
    until = annotation(delivered.content, "x-opt-locked-until") / 1000
    assert machine.wall < until <= machine.wall + 3600
    machine.wall -= shift
    assert machine.wall < orders.renew(delivered.token) <= machine.wall + 3600
    orders.settle(delivered.token, Complete())
    assert len(orders) == 0
    store.close()


def annotation(content: bytes, name: str) -> float:
    """A number that the broker has stamped on a message, as a client reads it."""
    read = proton.Message()
    read.decode(content)
    assert read.annotations is not None
    return float(read.annotations[name])


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_certificate_is_believed(tmp_path: Path, shift: float) -> None:
    state, now = State.open(tmp_path), datetime.now(UTC)
    made = Certificate.keep(state, ["one.example"], now).authority.read_bytes()
    later = now + timedelta(seconds=shift)
    assert Certificate.keep(state, ["one.example"], later).authority.read_bytes() == made
