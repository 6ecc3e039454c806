"""A cached secret: when the vault is asked, and the value served when it does not answer."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from services.common.vault import CachedSecret


class FakeVault:
    """A vault with one secret, that counts how often it was read."""

    def __init__(self) -> None:
        self.value = "first"
        self.reads = 0
        self.error: Exception | None = None

    def get_secret(self, name: str) -> Any:
        self.reads += 1
        if self.error:
            raise self.error
        return type("Secret", (), {"value": self.value})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret(vault: FakeVault, clock: Clock) -> CachedSecret:
    return CachedSecret(vault, "key", max_age=600, clock=clock)  # type: ignore[arg-type]


def answered(status: int) -> HttpResponseError:
    error = HttpResponseError("as the vault says")
    error.status_code = status
    return error


def test_a_secret_is_read_once_while_it_is_young(secret: CachedSecret, vault: FakeVault) -> None:
    assert [secret.get(), secret.get()] == ["first", "first"]
    assert vault.reads == 1


def test_a_secret_is_read_again_when_it_is_old(
    secret: CachedSecret, vault: FakeVault, clock: Clock
) -> None:
    secret.get()
    vault.value, clock.now = "second", 601
    assert secret.get() == "second"


def test_a_refused_secret_is_read_again_at_once(secret: CachedSecret, vault: FakeVault) -> None:
    vault.value, refused = "second", secret.get()
    assert secret.refresh(refused) == "second"


def test_threads_whose_common_secret_was_refused_cost_one_read(
    secret: CachedSecret, vault: FakeVault
) -> None:
    vault.value, refused = "second", secret.get()
    assert [secret.refresh(refused) for _ in range(5)] == ["second"] * 5
    assert vault.reads == 2


@pytest.mark.parametrize("error", [answered(429), answered(503), ServiceRequestError("refused")])
def test_a_vault_that_is_down_does_not_take_a_known_secret_away(
    secret: CachedSecret, vault: FakeVault, clock: Clock, error: Exception
) -> None:
    secret.get()
    vault.error, clock.now = error, 601
    assert [secret.get(), secret.get()] == ["first", "first"]
    assert vault.reads == 2


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_right_that_was_taken_away_is_an_error(
    secret: CachedSecret, vault: FakeVault, clock: Clock, status: int
) -> None:
    secret.get()
    vault.error, clock.now = answered(status), 601
    with pytest.raises(HttpResponseError):
        secret.get()


def test_without_a_known_secret_a_vault_that_is_down_is_an_error(
    secret: CachedSecret, vault: FakeVault
) -> None:
    vault.error = answered(503)
    with pytest.raises(HttpResponseError):
        secret.get()
