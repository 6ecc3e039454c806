"""Faults in front of a vault: for one caller or for all, beside the same request without one."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceResponseError
from azure.keyvault.secrets._shared import http_challenge_cache

from sandbox.audit import Outcome
from sandbox.deployment import Deployment, Principal
from sandbox.entra import SigningKey
from sandbox.faults import Fault, Faults, fault, target_of
from sandbox.faults.active import Target
from sandbox.faults.consistency import consistent_later
from sandbox.faults.effects import Effect, Lag, Late, Reset
from sandbox.faults.requests import PlaneDoor, around
from sandbox.keyvault import KeyVault
from tests.sandbox.keyvault.harness import API, OFFICER, SECRET, STRANGER, RunningVault

AT_ONCE = {"retry_total": 0}
LONG = 400  # seconds that no test waits for


class FaultyVault(RunningVault):
    """A vault with faults in front of it."""

    def application(self, vault: KeyVault) -> web.Application:
        self.faults = Faults(self.clock)
        application = vault.application()
        consistent_later(application, vault, self.faults, self.gate)
        return around(application, PlaneDoor(vault), self.faults, self.gate)

    @property
    def reader(self) -> Principal:
        """The one service that may read the secret."""
        return self.principal("notifier")

    @property
    def target(self) -> Target:
        return target_of(self.deployment, "notifier")

    def begin(self, effect: Effect, target: Target | None = None) -> None:
        made = Fault("test", "vault", "an effect", "a test", effect)
        self.faults.begin(made, target=target)


@pytest.fixture
def vault(
    deployment: Deployment, tmp_path: Path, signing: SigningKey, ca: trustme.CA
) -> Iterator[FaultyVault]:
    http_challenge_cache.clear()
    running = FaultyVault(deployment, tmp_path, signing, ca)
    running.client(OFFICER).set_secret(SECRET, "open")
    yield running
    running.stop()


def test_a_throttled_caller_gets_azures_429_and_another_its_secret(vault: FaultyVault) -> None:
    reader = vault.client_with(vault.token(vault.reader), **AT_ONCE)
    assert reader.get_secret(SECRET).value == "open"
    vault.faults.begin(fault("vault-429"), target=vault.target)
    with pytest.raises(HttpResponseError) as caught:
        reader.get_secret(SECRET)
    assert caught.value.status_code == 429
    assert caught.value.error is not None
    assert caught.value.error.code == "Throttled"
    by_hand = vault.send("GET", f"/secrets/{SECRET}?{API}", vault.token(vault.reader))
    assert by_hand.headers["Retry-After"] == "2"
    assert vault.client(OFFICER).get_secret(SECRET).value == "open"


def test_the_sdk_waits_as_long_as_retry_after_asks(vault: FaultyVault) -> None:
    reader = vault.client(vault.reader)
    reader.get_secret(SECRET)
    vault.faults.begin(fault("vault-429"), lasts=LONG)
    begun = time.monotonic()
    with moved_on_after_a_refusal(vault):
        assert reader.get_secret(SECRET).value == "open"
    assert time.monotonic() - begun >= 2


def test_what_met_a_fault_is_in_the_audit_with_its_caller(vault: FaultyVault) -> None:
    vault.faults.begin(fault("vault-503"))
    assert vault.send("GET", f"/secrets/{SECRET}?{API}", vault.token(vault.reader)).status == 503
    assert vault.send("GET", f"/secrets/{SECRET}?{API}").status == 503
    known, unknown = vault.audit(Outcome.REFUSED)[-2:]
    assert (known.identity, known.operation) == ("notifier", "SecretGet")
    assert known.reason == "a fault: vault-503: 503 ServiceUnavailable"
    assert (unknown.identity, unknown.operation) == ("", "Authenticate")


def test_a_fault_for_one_caller_does_not_meet_a_request_without_a_token(
    vault: FaultyVault,
) -> None:
    vault.faults.begin(fault("vault-503"), target=vault.target)
    assert vault.send("GET", f"/secrets/{SECRET}?{API}").status == 401


def test_a_late_answer_comes_late_and_a_write_is_carried_out_before(vault: FaultyVault) -> None:
    vault.begin(Late(0.5), vault.target)
    begun = time.monotonic()
    assert vault.client(vault.reader).get_secret(SECRET).value == "open"
    assert time.monotonic() - begun >= 0.5


def test_a_reset_write_is_carried_out_and_a_reset_read_is_not_answered(
    vault: FaultyVault,
) -> None:
    vault.begin(Reset())
    with pytest.raises(ConnectionError):
        vault.send("PUT", f"/secrets/{SECRET}?{API}", vault.token(OFFICER), {"value": "shut"})
    reader = vault.client_with(vault.token(vault.reader), retry_total=0)
    with pytest.raises(ServiceResponseError):
        reader.get_secret(SECRET)
    vault.faults.end()
    assert reader.get_secret(SECRET).value == "shut"


@contextmanager
def moved_on_after_a_refusal(vault: FaultyVault) -> Iterator[None]:
    """Let a request meet the fault, then move the clock past the fault's end."""
    before = len(vault.audit(Outcome.REFUSED))

    def move_on() -> None:
        while len(vault.audit(Outcome.REFUSED)) <= before:
            time.sleep(0.01)
        vault.clock.ahead += LONG

    with ThreadPoolExecutor() as pool:
        moved = pool.submit(move_on)
        yield
        moved.result(60)


def wait_for(poller: Any, vault: FaultyVault) -> None:
    """Let the SDK poll in vain, move the clock on, and let it come to its end."""
    with moved_on_after_a_refusal(vault):
        poller.wait(60)


class TestLag:
    """A deleted secret shows seconds later, as in the recorded answers of 2026."""

    def test_the_deleted_secret_shows_later_and_the_sdk_waits_for_it(
        self, vault: FaultyVault
    ) -> None:
        officer = vault.client(OFFICER)
        vault.begin(Lag(LONG))
        poller = officer.begin_delete_secret(SECRET, _polling_interval=0.01)
        with pytest.raises(ResourceNotFoundError, match=f"Deleted Secret not found: {SECRET}"):
            officer.get_deleted_secret(SECRET)
        wait_for(poller, vault)
        assert officer.get_deleted_secret(SECRET).name == SECRET

    def test_a_recovered_secret_shows_later_and_cannot_be_set_meanwhile(
        self, vault: FaultyVault
    ) -> None:
        officer = vault.client(OFFICER)
        officer.begin_delete_secret(SECRET, _polling_interval=0.01).wait(60)
        vault.begin(Lag(LONG))
        poller = officer.begin_recover_deleted_secret(SECRET, _polling_interval=0.01)
        with pytest.raises(HttpResponseError, match="currently being recovered"):
            officer.set_secret(SECRET, "new")
        with pytest.raises(ResourceNotFoundError):
            officer.get_secret(SECRET)
        wait_for(poller, vault)
        assert officer.get_secret(SECRET).value == "open"

    def test_a_caller_without_a_role_is_denied_as_ever(self, vault: FaultyVault) -> None:
        vault.begin(Lag(LONG))
        vault.client(OFFICER).begin_delete_secret(SECRET)
        answer = vault.send("GET", f"/deletedsecrets/{SECRET}?{API}", vault.token(STRANGER))
        assert answer.status == 403
        assert vault.audit()[-1].outcome is Outcome.DENIED

    def test_without_the_fault_it_shows_at_once(self, vault: FaultyVault) -> None:
        officer = vault.client(OFFICER)
        officer.begin_delete_secret(SECRET)
        assert officer.get_deleted_secret(SECRET).name == SECRET
