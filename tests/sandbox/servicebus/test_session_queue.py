"""The sessions of a queue without a network, on a clock that the test moves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.deployment import Namespace
from sandbox.servicebus.dispatch import Dispatcher
from sandbox.servicebus.serve.message import Message, oversized
from sandbox.servicebus.serve.session_queue import HeldSession, SessionQueue
from sandbox.servicebus.serve.sessions import SessionLockLostError
from sandbox.servicebus.serve.settlement import Complete
from tests.sandbox.servicebus.broker import Setup, bodies, take
from tests.sandbox.servicebus.messages import message
from tests.sandbox.servicebus.world import BUS, SETTINGS, queue


def ignore() -> None:
    """Take no notice of a lock that ends, or of a wait in vain."""


class Waiting:
    """A receiver that waits for the next session."""

    def __init__(self, sessions: SessionQueue, seconds: float = 60) -> None:
        self.accepted: list[HeldSession] = []
        self.timed_out = 0
        self._sessions = sessions
        sessions.wait(seconds, self._accept, self._time_out)

    def _accept(self, name: str) -> None:
        self.accepted.append(self._sessions.accept(name, ignore))

    def _time_out(self) -> None:
        self.timed_out += 1


def test_those_that_wait_get_the_next_sessions_in_turn(setup: Setup) -> None:
    visits = setup.sessions("queues/visits")
    waiting = [Waiting(visits) for _ in range(3)]
    setup.send("queues/visits", *(message(group_id=each) for each in "aabb"))
    names = [[each.name for each in one.accepted] for one in waiting]
    assert names == [["a"], ["b"], []]
    waiting[0].accepted[0].release()
    assert [each.name for each in waiting[2].accepted] == ["a"]


def test_one_waits_as_long_as_it_said(setup: Setup) -> None:
    visits = setup.sessions("queues/visits")
    waiting = Waiting(visits, seconds=5)
    assert setup.broker.next_due() == setup.now + 5
    setup.pass_time(4.9)
    counts = [waiting.timed_out]
    setup.pass_time(0.1)
    assert [*counts, waiting.timed_out] == [0, 1]
    setup.send("queues/visits", message(group_id="a"))
    assert waiting.accepted == []
    assert [each.name for each in Waiting(visits).accepted] == ["a"]


def test_a_session_whose_messages_have_gone_is_not_the_next(setup: Setup) -> None:
    setup.send("queues/visits", message(group_id="a", time_to_live=1), message(group_id="b"))
    setup.pass_time(1)
    visits = setup.sessions("queues/visits")
    assert [each.name for each in Waiting(visits).accepted] == ["b"]
    assert Waiting(visits).accepted == []


def test_sessions_that_nobody_accepts_take_no_memory_once_they_are_empty(setup: Setup) -> None:
    visits = setup.sessions("queues/visits")
    for number in range(500):
        setup.send("queues/visits", message(group_id=f"s{number}", time_to_live=1))
        setup.pass_time(1)
    assert len(visits) == 0
    assert len(visits._locks._offered) < 100
    assert len(visits._queue._waiting) < 100


def test_the_receiver_learns_that_its_lock_has_ended(setup: Setup) -> None:
    lost: list[str] = []
    setup.send("queues/glimpses", message(group_id="a"))
    glimpses = setup.sessions("queues/glimpses")
    held = glimpses.accept("a", lambda: lost.append("a"))
    token = take(held)
    setup.pass_time(0.9)
    held.renew()
    setup.pass_time(0.9)
    assert lost == []
    setup.pass_time(0.1)
    assert lost == []
    for use in (held.renew, lambda: glimpses.state(held.lock)):
        with pytest.raises(SessionLockLostError):
            use()
    again = glimpses.accept("a", ignore)
    assert take(again) != token
    held.release()  # of the lock that it no longer has
    assert glimpses.held("a") is again
    setup.pass_time(2)
    assert lost == ["a"]


def test_a_lock_that_is_renewed_twice_in_an_instant_ends_once(setup: Setup) -> None:
    lost: list[str] = []
    setup.send("queues/glimpses", message(group_id="a"))
    held = setup.sessions("queues/glimpses").accept("a", lambda: lost.append("a"))
    take(held)
    held.renew()
    setup.pass_time(3)
    setup.pass_time(2)
    assert lost == ["a"]


def test_a_lock_that_is_due_does_not_wait_for_the_sweep(setup: Setup) -> None:
    setup.send("queues/glimpses", message(group_id="a"))
    glimpses = setup.sessions("queues/glimpses")
    held = glimpses.accept("a", ignore)
    token = take(held)
    setup.now += 1
    with pytest.raises(SessionLockLostError):
        held.settle(token, Complete())
    assert held.receive(and_delete=False) is None
    assert glimpses.accept("a", ignore)


def test_messages_and_states_survive_a_restart_in_their_sessions(setup: Setup) -> None:
    setup.send("queues/visits", message(b"1", group_id="a"), message(b"2", group_id="b"))
    visits = setup.sessions("queues/visits")
    visits.set_state(visits.accept("c", ignore).lock, b"state")
    restarted = setup.restarted().sessions("queues/visits")
    assert restarted.names() == ["a", "b", "c"]
    assert restarted.state(restarted.accept("c", ignore).lock) == b"state"
    assert bodies(restarted, "b") == [b"2"]
    held = restarted.accept("b", ignore)
    held.settle(take(held), Complete())
    assert bodies(restarted) == [b"1"]


def test_messages_from_before_the_queue_had_sessions_find_theirs(setup: Setup) -> None:
    setup.send("queues/orders", message(b"with", group_id="a"), message(b"without"))
    settings = replace(SETTINGS, requires_session=True, lock_duration=timedelta(seconds=5))
    after = setup.restarted(Namespace(BUS, "sb-test", (queue("orders", settings),), ()))
    assert bodies(after.sessions("queues/orders"), "a") == [b"with"]
    (content,) = after.entity("queues/orders").dead_letters.peek(1, 10)
    parsed = Message.parse(content)
    assert parsed.application_properties["DeadLetterReason"] == "Session ID is null."


def test_an_empty_session_id_names_a_session(setup: Setup) -> None:
    assert [message(group_id=each).session_id for each in ("", None, "a")] == ["", None, "a"]
    setup.send("queues/visits", message(b"of none", group_id=""), message(b"of a", group_id="a"))
    assert bodies(setup.sessions("queues/visits"), "") == [b"of none"]


def test_a_session_id_has_at_most_128_characters() -> None:
    assert oversized(message(group_id="s" * 128)) is None
    assert "129 characters" in (oversized(message(group_id="s" * 129)) or "")


class Slow:
    """A receiver on a connection that may not be sent more."""

    wants_message = False

    def deliver(self) -> bool:
        raise AssertionError

    def on_empty(self) -> None:
        """Answer nothing."""


class Quick:
    """A receiver of all that there is."""

    wants_message = True

    def __init__(self, held: HeldSession) -> None:
        self.held = held
        self.got = 0

    def deliver(self) -> bool:
        message = self.held.receive(and_delete=True)
        self.got += message is not None
        return message is not None

    def on_empty(self) -> None:
        """Answer nothing."""


def test_a_slow_receiver_holds_up_nobody_elses_session(setup: Setup) -> None:
    dispatcher = Dispatcher()
    visits = setup.sessions("queues/visits")
    visits.on_ready = dispatcher.mark_ready
    held = {name: visits.accept(name, ignore) for name in "ab"}
    quick = Quick(held["b"])
    dispatcher.attach(held["a"], Slow())
    dispatcher.attach(held["b"], quick)
    setup.send("queues/visits", *(message(group_id=each) for each in "abababab"))
    dispatcher.dispatch()
    assert quick.got == 4
    assert len(visits) == 4
