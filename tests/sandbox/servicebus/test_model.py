"""The broker against its model: any operations, in any order, with crashes and restarts."""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sandbox.deployment import Namespace
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import parts
from sandbox.servicebus.amqp.sections import split
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.schedule import MessageNotFoundError
from sandbox.servicebus.serve.session_queue import HeldSession
from sandbox.servicebus.serve.sessions import SessionLockedError, SessionLockLostError
from sandbox.servicebus.serve.settlement import (
    Abandon,
    Complete,
    DeadLetter,
    Defer,
    Release,
    Settlement,
)
from sandbox.servicebus.serve.subqueue import ReceivedMessage
from tests.sandbox.servicebus.broker import Setup
from tests.sandbox.servicebus.messages import message
from tests.sandbox.servicebus.model import Model
from tests.sandbox.servicebus.world import BUS, SETTINGS, queue

LOCK, MOST = 5.0, 2
OF_BOTH = replace(SETTINGS, lock_duration=timedelta(seconds=LOCK), max_delivery_count=MOST)
WORLD = Namespace(
    BUS,
    "sb-test",
    (queue("plain", OF_BOTH), queue("s", replace(OF_BOTH, requires_session=True))),
    (),
)
SESSIONS = st.sampled_from([None, "a", "b"])
SETTLEMENTS: dict[str, Settlement] = {
    "complete": Complete(),
    "abandon": Abandon(),
    "defer": Defer(),
    "dead-letter": DeadLetter(),
    "release": Release(),
}
_SIZE = 1_000_000


class Broker(RuleBasedStateMachine):
    """Two queues, one with sessions, and a model of each."""

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.real = Setup(Path(self.folder.name) / "bus.sqlite", WORLD)
        self.models = {name: Model(LOCK, MOST, self.real.now) for name in ("plain", "s")}
        self.bodies = count()
        self.tokens: dict[tuple[str, int], str] = {}
        self.held: dict[str, HeldSession] = {}
        self.commit()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.real.store.close()
            self.folder.cleanup()

    def model(self, session: str | None) -> Model:
        return self.models["s" if session else "plain"]

    def path(self, session: str | None) -> str:
        return "queues/s" if session else "queues/plain"

    def new(self, session: str | None, due: float | None) -> tuple[int, Message]:
        body = next(self.bodies)
        return body, message(str(body).encode(), group_id=session, due=due)

    @rule(session=SESSIONS)
    def send(self, session: str | None) -> None:
        body, sent = self.new(session, None)
        self.real.send(self.path(session), sent)
        self.model(session).send(body, session)

    @rule(session=SESSIONS, seconds=st.integers(-1, 9))
    def schedule(self, session: str | None, seconds: int) -> None:
        due = self.real.now + seconds
        body, sent = self.new(session, due)
        (number,) = self.real.destination(self.path(session)).schedule([sent])
        assert number == self.model(session).send(body, session, due)

    @rule(session=SESSIONS, data=st.data())
    def cancel(self, session: str | None, data: st.DataObject) -> None:
        model = self.model(session)
        number = data.draw(st.integers(1, model.last + 1))
        is_scheduled = number in model.items and model.items[number].state == "scheduled"
        found = self.succeeds(
            MessageNotFoundError,
            lambda: self.real.destination(self.path(session)).cancel([number]),
        )
        assert found == is_scheduled
        if found:
            del model.items[number]

    @rule(session=st.sampled_from("ab"))
    def accept(self, session: str) -> None:
        is_free = session not in self.models["s"].held
        assert is_free == self.succeeds(SessionLockedError, lambda: self.hold(session))

    @rule()
    def accept_the_next(self) -> None:
        model = self.models["s"]
        free = {s for s in "ab" if s not in model.held and model.waiting(s)}
        waiter = self.real.sessions("queues/s").wait(1, self.hold, lambda: None)
        self.real.sessions("queues/s").leave(waiter)
        accepted = {each for each in model.held if each in free}
        assert len(accepted) == min(len(free), 1)

    def hold(self, session: str) -> None:
        self.held[session] = self.real.sessions("queues/s").accept(session, lambda: None)
        self.models["s"].held[session] = self.real.now + LOCK

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(sorted(self.held)))
        self.held.pop(session).release()
        if session in self.models["s"].held:
            self.models["s"].release(session)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(sorted(self.held)))
        model = self.models["s"]
        renewed = self.succeeds(SessionLockLostError, self.held[session].renew)
        assert renewed == (session in model.held)
        if renewed:
            model.held[session] = self.real.now + LOCK
            for each in model.items.values():
                if each.session == session and each.until is not None:
                    each.until = self.real.now + LOCK

    @rule(session=SESSIONS)
    def receive(self, session: str | None) -> None:
        model = self.model(session)
        expected = model.waiting(session)
        if session is None:
            got = self.real.entity("queues/plain").active.receive(and_delete=False)
        else:
            expected = expected if session in model.held else []
            held = self.held.get(session)
            got = held.receive(and_delete=False) if held else None
        self.take(session, [got] if got else [], expected[:1])

    @rule(session=SESSIONS, data=st.data())
    def receive_deferred(self, session: str | None, data: st.DataObject) -> None:
        model, found = self.model(session), list[ReceivedMessage]()
        number = data.draw(st.integers(1, model.last + 1))
        held = self.held.get(session or "")
        is_there = number in model.waiting(session, "deferred")
        is_there = is_there and (session is None or session in model.held)
        with suppress(MessageNotFoundError, SessionLockLostError):
            if session is None:
                plain = self.real.entity("queues/plain").active
                found = plain.receive_deferred([number], _SIZE, and_delete=False)
            elif held:
                found = self.real.sessions("queues/s").receive_deferred_in(
                    held.lock, [number], _SIZE, and_delete=False
                )
        self.take(session, found, [number] if is_there else [])

    def take(self, session: str | None, got: list[ReceivedMessage], expected: list[int]) -> None:
        model = self.model(session)
        bodies = [int(split(each.content).body[5:]) for each in got]
        assert bodies == [model.items[each].body for each in expected]
        for each, number in zip(got, expected, strict=True):
            model.receive(number)
            self.tokens[self.path(session), number] = each.token or ""

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), how=st.sampled_from(sorted(SETTLEMENTS)))
    def settle(self, data: st.DataObject, how: str) -> None:
        path, number = data.draw(st.sampled_from(sorted(self.tokens)))
        token = self.tokens.pop((path, number))
        model = self.models[path.removeprefix("queues/")]
        item = model.items.get(number)
        settled = self.succeeds(
            (LockLostError, SessionLockLostError),
            lambda: self.real.entity(path).active.settle(token, SETTLEMENTS[how]),
        )
        assert settled == (item is not None and item.until is not None)
        if settled:
            model.settle(number, how)

    @rule(seconds=st.integers(1, 4))
    def pass_time(self, seconds: int) -> None:
        self.real.pass_time(seconds)
        for model in self.models.values():
            model.pass_time(seconds)
        gone = [key for key in self.tokens if not self.is_locked(*key)]
        # A later lock has another token, so an old one must not settle: keep some to try.
        for key in gone[1:]:
            del self.tokens[key]

    def is_locked(self, path: str, number: int) -> bool:
        item = self.models[path.removeprefix("queues/")].items.get(number)
        return item is not None and item.until is not None

    @rule()
    def commit(self) -> None:
        self.real.store.commit()
        self.committed = deepcopy(self.models)

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        """Stop, or crash: then all since the last commit has not happened."""
        if clean:
            self.commit()
        self.real.store.rollback()
        self.real = self.real.restarted(WORLD)
        self.models = deepcopy(self.committed)
        for model in self.models.values():
            model.now = self.real.now
            model.held.clear()
            for each in model.items.values():
                each.until = None
            model.pass_time(0)
        self.real.pass_time(0)
        self.tokens.clear()
        self.held.clear()

    def succeeds(
        self, error: type[Exception] | tuple[type[Exception], ...], act: Callable[[], object]
    ) -> bool:
        try:
            act()
        except error:
            return False
        return True

    @invariant()
    def both_hold_the_same(self) -> None:
        if not hasattr(self, "real"):
            return
        for name, model in self.models.items():
            entity = self.real.entity(f"queues/{name}")
            for subqueue, dead in ((entity.active, False), (entity.dead_letters, True)):
                found = {
                    int(str(parsed.annotations["x-opt-sequence-number"])): (
                        int(parsed.sections.body[5:]),
                        parsed.annotations["x-opt-message-state"],
                        parts(parsed.sections.header or b"")[0][4],
                    )
                    for parsed in map(Message.parse, subqueue.peek(1, 250))
                }
                states = {"active": 0, "dead": 0, "deferred": 1, "scheduled": 2}
                assert found == {
                    number: (each.body, states[each.state], encode.uint(each.deliveries))
                    for number, each in model.items.items()
                    if (each.state == "dead") == dead
                }


Broker.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestBroker = Broker.TestCase
