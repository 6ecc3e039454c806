"""The state machine of a queue, at times that the test passes."""

from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.servicebus.serve.locking import LockingQueue, LockLostError, QueuedMessage


def queue(lock_duration: float = 10, *, expiring: bool = True) -> LockingQueue:
    tokens = count()
    return LockingQueue(lock_duration, lambda: f"t{next(tokens)}", expiring=expiring)


def held(sequence: int, time_to_live: float | None = None) -> QueuedMessage:
    return QueuedMessage(sequence, sequence, sequence, enqueued=0, time_to_live=time_to_live)


def test_messages_come_in_the_order_of_their_numbers_and_go_back_to_their_place() -> None:
    messages = queue()
    for number in (1, 2, 3):
        messages.add(held(number))
    first = messages.next(0)
    assert first
    assert first.sequence == 1
    messages.lock(first, 0)
    assert (second := messages.next(0))
    assert second.sequence == 2
    messages.unlock(first)
    assert messages.next(0) is first


def test_a_lock_ends_at_its_time_and_not_before() -> None:
    messages = queue(lock_duration=10)
    messages.add(held(1))
    lock = messages.lock(held_first(messages), 0)
    assert messages.locked(lock.token, 9.9)
    assert list(messages.locks_ended_by(9.9)) == []
    with pytest.raises(LockLostError):
        messages.locked(lock.token, 10)
    with pytest.raises(LockLostError):
        messages.renew(lock.token, 10)
    assert [each.sequence for each in messages.locks_ended_by(10)] == [1]


def test_a_renewed_lock_ends_later_under_the_same_token() -> None:
    messages = queue(lock_duration=10)
    messages.add(held(1))
    lock = messages.lock(held_first(messages), 0)
    assert messages.renew(lock.token, 5).until == 15
    assert list(messages.locks_ended_by(14)) == []
    assert [each.sequence for each in messages.locks_ended_by(15)] == [1]


def test_an_old_token_does_not_open_a_new_lock() -> None:
    messages = queue()
    messages.add(held(1))
    old = messages.lock(held_first(messages), 0)
    messages.unlock(held_locked(messages, old.token))
    new = messages.lock(held_first(messages), 0)
    with pytest.raises(LockLostError):
        messages.locked(old.token, 1)
    assert messages.locked(new.token, 1)


def test_what_is_locked_does_not_expire_before_it_is_given_back() -> None:
    messages = queue(lock_duration=10)
    messages.add(held(1, time_to_live=5))
    lock = messages.lock(held_first(messages), 0)
    assert list(messages.expired_by(6)) == []
    assert messages.locked(lock.token, 6)
    messages.unlock(held_locked(messages, lock.token, 6))
    assert messages.next(6) is None
    assert [each.sequence for each in messages.expired_by(6)] == [1]


def test_dead_letters_do_not_expire() -> None:
    messages = queue(expiring=False)
    messages.add(held(1, time_to_live=5))
    assert messages.next(6)
    assert messages.next_due() is None


def test_nothing_grows_with_the_messages_that_have_gone() -> None:
    messages = queue()
    for number in range(1, 2000):
        messages.add(held(number, time_to_live=1e6))
        messages.lock(held_first(messages), 0)
        messages.remove(next(messages.browse(number)))
    assert len(messages) == 0
    heaps = (messages._waiting, messages._unlocks, messages._expiries)
    assert max(len(each) for each in heaps) < 100


def held_first(messages: LockingQueue) -> QueuedMessage:
    found = messages.next(0)
    assert found
    return found


def held_locked(messages: LockingQueue, token: str, now: float = 0) -> QueuedMessage:
    return messages.locked(token, now)


class Anything(RuleBasedStateMachine):
    """Any operations in any order leave a message in one place, under at most one lock."""

    @initialize()
    def begin(self) -> None:
        self.queue = queue(lock_duration=5)
        self.now = 0.0
        self.numbers = count(1)
        self.inside: set[int] = set()
        self.locks: dict[str, tuple[int, float]] = {}

    @rule(time_to_live=st.none() | st.floats(1, 20))
    def add(self, time_to_live: float | None) -> None:
        number = next(self.numbers)
        self.queue.add(QueuedMessage(number, number, number, self.now, time_to_live))
        self.inside.add(number)

    @rule()
    def receive(self) -> None:
        message = self.queue.next(self.now)
        if message is None:
            return
        valid = {number for number, until in self.locks.values() if until > self.now}
        assert message.sequence not in valid
        lock = self.queue.lock(message, self.now)
        self.locks[lock.token] = message.sequence, lock.until

    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        if self.locks:
            token = data.draw(st.sampled_from(sorted(self.locks)))
            number, until = self.locks.pop(token)
            if until <= self.now:
                with pytest.raises(LockLostError):
                    self.queue.locked(token, self.now)
            else:
                self.queue.remove(self.queue.locked(token, self.now))
                self.inside.remove(number)

    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        alive = sorted(token for token, (_, until) in self.locks.items() if until > self.now)
        if alive:
            token = data.draw(st.sampled_from(alive))
            self.queue.unlock(self.queue.locked(token, self.now))
            del self.locks[token]

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        alive = sorted(token for token, (_, until) in self.locks.items() if until > self.now)
        if alive:
            token = data.draw(st.sampled_from(alive))
            lock = self.queue.renew(token, self.now)
            self.locks[token] = self.locks[token][0], lock.until

    @rule(seconds=st.floats(0.1, 4))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for message in self.queue.locks_ended_by(self.now):
            self.queue.unlock(message)
        for message in self.queue.expired_by(self.now):
            self.queue.remove(message)
            self.inside.remove(message.sequence)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        if hasattr(self, "queue"):
            assert [each.sequence for each in self.queue.browse(0)] == sorted(self.inside)

    @invariant()
    def what_waits_is_found(self) -> None:
        if hasattr(self, "queue"):
            waiting = [
                each.sequence
                for each in self.queue.browse(0)
                if not each.lock and not self.queue.is_expired(each, self.now)
            ]
            found = self.queue.next(self.now)
            assert (found.sequence if found else None) == (waiting[0] if waiting else None)


TestAnything = Anything.TestCase
