"""The broker without a network, on a clock that the test moves."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.deployment import Namespace
from sandbox.servicebus.serve.broker import Broker
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.settlement import Abandon, Complete, DeadLetter, Release
from tests.sandbox.servicebus.broker import Setup, take
from tests.sandbox.servicebus.messages import message
from tests.sandbox.servicebus.world import BUS, HASTY, NAMESPACE, SETTINGS, queue, topic


def test_a_release_does_not_count_and_an_abandon_does(setup: Setup) -> None:
    setup.send("queues/orders", message())
    orders = setup.entity("queues/orders")
    for _ in range(10):
        orders.active.settle(take(orders.active), Release())
    for _ in range(2):
        orders.active.settle(take(orders.active), Abandon())
    assert (len(orders.active), len(orders.dead_letters)) == (1, 0)
    orders.active.settle(take(orders.active), Abandon())
    assert (len(orders.active), len(orders.dead_letters)) == (0, 1)


def test_a_lock_that_ends_counts_and_ends_in_the_dead_letters(setup: Setup) -> None:
    setup.send("queues/hasty", message())
    hasty = setup.entity("queues/hasty")
    for _ in range(3):
        take(hasty.active)
        assert setup.broker.next_due() == setup.now + HASTY.lock_duration.total_seconds()
        setup.pass_time(1)
    assert (len(hasty.active), len(hasty.dead_letters)) == (0, 1)
    (content,) = hasty.dead_letters.peek(1, 10)
    assert Message.parse(content).application_properties["DeadLetterReason"] == (
        "MaxDeliveryCountExceeded"
    )


def test_dead_letters_are_not_counted_and_never_lost(setup: Setup) -> None:
    """Dead-lettering one again leaves it there; only completing it takes it out."""
    setup.send("queues/orders", message())
    orders = setup.entity("queues/orders")
    orders.active.settle(take(orders.active), DeadLetter("first"))
    for _ in range(5):
        orders.dead_letters.settle(take(orders.dead_letters), Abandon())
    orders.dead_letters.settle(take(orders.dead_letters), DeadLetter("second"))
    take(orders.dead_letters)
    setup.pass_time(60)
    (content,) = orders.dead_letters.peek(1, 10)
    assert Message.parse(content).application_properties == {"DeadLetterReason": "second"}
    orders.dead_letters.settle(take(orders.dead_letters), Complete())
    assert len(orders.dead_letters) == 0


def test_settling_twice_or_elsewhere_is_a_lost_lock(setup: Setup) -> None:
    setup.send("queues/orders", message())
    orders, others = setup.entity("queues/orders"), setup.entity("queues/others")
    token = take(orders.active)
    for subqueue in (others.active, orders.dead_letters):
        with pytest.raises(LockLostError):
            subqueue.settle(token, Complete())
    orders.active.settle(token, Complete())
    with pytest.raises(LockLostError):
        orders.active.settle(token, Complete())


def test_abandoning_a_message_may_change_its_properties(setup: Setup) -> None:
    setup.send("queues/orders", message(own={"a": 1, "b": 2}))
    orders = setup.entity("queues/orders")
    orders.active.settle(take(orders.active), Abandon({"b": 3}))
    (content,) = orders.active.peek(1, 1)
    assert Message.parse(content).application_properties == {"a": 1, "b": 3}


def test_a_peek_is_no_larger_than_a_message_may_be(setup: Setup) -> None:
    setup.send("queues/orders", *(message(bytes(100_000)) for _ in range(4)))
    orders = setup.entity("queues/orders").active
    assert len(orders.peek(1, 10)) == 2
    assert len(orders.peek(1, 10, size=10)) == 1
    assert orders.peek(5, 10) == []


def test_an_id_is_new_again_after_the_window(setup: Setup) -> None:
    once = setup.entity("queues/once")
    setup.send("queues/once", message(message_id="a"), message(message_id="a"))
    setup.pass_time(599)
    setup.send("queues/once", message(message_id="a"))
    assert len(once.active) == 1
    setup.pass_time(1)
    setup.send("queues/once", message(message_id="a"), message(), message())
    assert len(once.active) == 4


def test_duplicates_are_remembered_across_a_restart(tmp_path: Path) -> None:
    first = Setup(tmp_path / "bus.sqlite")
    first.send("queues/once", message(message_id="a"))
    first.store.commit()
    first.store.close()
    second = Setup(tmp_path / "bus.sqlite")
    second.send("queues/once", message(message_id="a"))
    assert len(second.entity("queues/once").active) == 1


def test_the_shortest_life_wins(tmp_path: Path) -> None:
    namespace = Namespace(
        BUS,
        "sb-test",
        (queue("q", replace(SETTINGS, time_to_live=timedelta(seconds=10))),),
        (
            topic(
                "t",
                replace(SETTINGS, time_to_live=timedelta(seconds=5)),
                replace(SETTINGS, dead_letter_on_expiration=True),
                s=NAMESPACE.topics[0].subscriptions[0].rules,
            ),
        ),
    )
    setup = Setup(tmp_path / "bus.sqlite", namespace)
    setup.send("queues/q", message(time_to_live=20), message(time_to_live=3))
    setup.send("topics/t", message(time_to_live=20))
    below = setup.entity("topics/t/subscriptions/s")
    setup.pass_time(3)
    assert len(setup.entity("queues/q").active) == 1
    setup.pass_time(2)
    assert (len(below.active), len(below.dead_letters)) == (0, 1)
    setup.pass_time(5)
    assert len(setup.entity("queues/q").active) == 0


def test_what_was_not_committed_has_not_happened(tmp_path: Path) -> None:
    setup = Setup(tmp_path / "bus.sqlite")
    setup.send("queues/orders", message(b"kept"))
    setup.store.commit()
    setup.send("queues/orders", message(b"lost"))
    setup.entity("queues/orders").active.settle(
        take(setup.entity("queues/orders").active), Complete()
    )
    setup.store.rollback()
    again = Broker(NAMESPACE, setup.store, lambda: setup.now, lambda _: None)
    (content,) = again.entities[f"{BUS}/queues/orders".lower()].active.peek(1, 10)
    assert Message.parse(content).sections.body.endswith(b"kept")
