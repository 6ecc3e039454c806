"""Admission control: how much, for which address, and for how long."""

import pytest
from flask import Flask, request

from services.gateway import admission
from services.gateway.admission import RateLimit, address_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> RateLimit:
    return RateLimit(burst=3, per_second=0.5, clock=clock)


def test_a_burst_passes_and_what_follows_waits(limit: RateLimit) -> None:
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 2]


def test_tokens_come_back_with_time_and_not_beyond_the_burst(
    limit: RateLimit, clock: Clock
) -> None:
    for _ in range(3):
        limit.take("a")
    clock.now = 1000
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 2]


def test_an_address_does_not_pay_for_another(limit: RateLimit) -> None:
    for _ in range(4):
        limit.take("a")
    assert limit.take("b") == 0


def test_the_table_does_not_grow_without_bound(
    limit: RateLimit, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MAX_ADDRESSES", 100)
    for number in range(1000):
        limit.take(str(number))
        clock.now += 0.01
    assert len(limit._buckets) <= 100


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("anything the client says,203.0.113.9", "203.0.113.9"),
        ("", "127.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_the_ingress_appended(forwarded: str, address: str) -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    headers = {"X-Forwarded-For": forwarded}
    with Flask(__name__).test_request_context(headers=headers, environ_base=environ):
        assert address_of(request) == address
