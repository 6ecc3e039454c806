"""The broker, watched: no link and no request reaches it without an ALLOW for that very entity."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from proton import Message, ProtonException, symbol, timestamp

from sandbox.audit import FILE, Outcome
from sandbox.servicebus.dispatch import Dispatcher
from sandbox.servicebus.name import RECEIVE, SEND
from sandbox.servicebus.serve.destination import Destination
from sandbox.servicebus.serve.session_queue import SessionQueue
from sandbox.servicebus.serve.subqueue import Subqueue
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.peer import HOST, NoReplyError, Peer
from tests.sandbox.servicebus.world import (
    GRANTS,
    OWNER_ROLE,
    PRINCIPALS,
    RECEIVER_ROLE,
    SENDER_ROLE,
)

STARTS = ["", "", "", "/", "//", f"amqps://{HOST}/", f"sb://{HOST}:5671/", "sb://other.example/"]
ENTITIES = [
    "orders",
    "ORDERS",
    "others",
    "visits",
    "events",
    "events/subscriptions/red",
    "nowhere",
    "",
]
ENTITIES += ["events/Subscriptions/RED", "orders/../others", "orders%2F", "orders//", "events//red"]
BEHIND = [
    "",
    "",
    "",
    "/",
    "/$DeadLetterQueue",
    "/$deadletterqueue/",
    "/$DeadLetterQueue/$management",
]
BEHIND += ["/$management", "/$management/$deadletterqueue", "/$Transfer/$DeadLetterQueue", "/$cbs"]
BEHIND += ["?x", "#x", "%00", "/subscriptions/red", "/$deadletterqueue/../../others"]
ADDRESSES = st.builds(
    lambda *pieces: "".join(pieces), *map(st.sampled_from, (STARTS, ENTITIES, BEHIND))
)
LATER = Message("x", annotations={symbol("x-opt-scheduled-enqueue-time"): timestamp(1 << 42)})
REQUESTS: dict[str, dict[str, Any]] = {
    "peek-message": {"from-sequence-number": 1, "message-count": 1},
    "receive-by-sequence-number": {"sequence-numbers": [1], "receiver-settle-mode": 0},
    "schedule-message": {"messages": [{"message-id": "1", "message": LATER.encode()}]},
    "cancel-scheduled-message": {"sequence-numbers": [1]},
    "get-message-sessions": {"last-updated-time": timestamp(0), "skip": 0, "top": 1},
}
WAYS = ("send", "receive", *REQUESTS)
ROLES = {OWNER_ROLE: {SEND, RECEIVE}, SENDER_ROLE: {SEND}, RECEIVER_ROLE: {RECEIVE}}


@dataclass
class Watched:
    """A bus, with a record of the entities that are used and the rights that this takes."""

    bus: Running
    touched: list[tuple[str, str]] = field(default_factory=list)

    def forget(self) -> None:
        """Clear the record of touched entities, and skip the audit so far."""
        self.touched.clear()
        (self.bus.folder / FILE).write_bytes(b"")

    def scope_of(self, thing: object) -> str:
        """Return the entity of a subqueue or destination."""
        at = self.bus.bus._context.broker
        for scope, entity in at.entities.items():
            if thing in entity.subqueues:
                return scope
        return next(scope for scope, each in at.destinations.items() if each is thing)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with (
        Running(tmp_path_factory.mktemp("watched")) as bus,
        pytest.MonkeyPatch.context() as patch,
    ):
        watched = Watched(bus)

        def watch(owner: Any, name: str, action: str, whose: int) -> None:
            genuine = getattr(owner, name)

            def spy(*given: Any, **named: Any) -> Any:
                watched.touched.append((action, watched.scope_of(given[whose])))
                return genuine(*given, **named)

            patch.setattr(owner, name, spy)

        watch(Dispatcher, "attach", RECEIVE, 1)
        watch(Subqueue, "peek", RECEIVE, 0)
        watch(Subqueue, "receive_deferred", RECEIVE, 0)
        watch(SessionQueue, "names_updated_after", RECEIVE, 0)
        for way in ("send", "schedule", "cancel"):
            watch(Destination, way, SEND, 0)
        yield watched


def use(peer: Peer, way: str, address: str) -> None:
    """Try to send to an address, to receive from it, or to ask it for something."""
    with suppress(ProtonException, NoReplyError):
        if way == "send":
            peer.sender(address).send(Message("x"))
        elif way == "receive":
            peer.receiver(address, credit=1)
        else:
            peer.ask(address, {"operation": f"com.microsoft:{way}"}, REQUESTS[way])


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    caller=st.sampled_from(sorted(PRINCIPALS)),
    audience=st.sampled_from(["", "orders", "others", "events", "events/subscriptions/red"]),
    way=st.sampled_from(WAYS),
    address=ADDRESSES,
)
@example(
    caller="orders-receiver", audience="orders", way="peek-message", address="others/$management"
)
@example(caller="orders-receiver", audience="", way="peek-message", address="others/$management")
@example(caller="orders-receiver", audience="", way="receive", address="others/$DeadLetterQueue")
@example(caller="red-receiver", audience="", way="receive", address="events/subscriptions/cheap")
@example(caller="orders-sender", audience="", way="receive", address="orders")
@example(caller="owner", audience="orders", way="send", address="others")
@example(caller="owner", audience="", way="peek-message", address="others")
def test_only_what_the_audit_allows_gets_to_an_entity(
    watched: Watched, caller: str, audience: str, way: str, address: str
) -> None:
    watched.forget()
    with Peer(watched.bus.plain_port) as peer:
        assert peer.put_as(caller, audience).code == 202
        use(peer, way, address)
    allowed = {
        (each.action, each.scope.lower())
        for each in watched.bus.records()
        if each.outcome is Outcome.ALLOWED and each.identity == caller
    }
    assert set(watched.touched) <= allowed
    for action, scope in watched.touched:
        grant = GRANTS[caller]
        assert action in ROLES[grant.role]
        assert f"{scope}/".startswith(f"{grant.scope.lower()}/")


@pytest.mark.parametrize(
    ("right", "way", "address", "other"),
    [
        ("orders-sender", "send", "orders", "others-sender"),
        ("orders-receiver", "receive", "ORDERS/$DeadLetterQueue", "others-receiver"),
        ("orders-receiver", "peek-message", "orders/$management", "others-receiver"),
        ("orders-receiver", "peek-message", "orders/$DeadLetterQueue/$management", "orders-sender"),
        ("red-receiver", "receive", "events/subscriptions/red/$DeadLetterQueue", "red-sender"),
        (
            "events-receiver",
            "peek-message",
            "events/subscriptions/red/$management",
            "events-sender",
        ),
        ("orders-sender", "schedule-message", "orders/$management", "orders-receiver"),
        ("events-sender", "schedule-message", "events/$management", "events-receiver"),
        ("orders-sender", "cancel-scheduled-message", "orders/$management", "orders-receiver"),
        ("orders-receiver", "receive-by-sequence-number", "orders/$management", "orders-sender"),
        ("namespace-receiver", "get-message-sessions", "visits/$management", "namespace-sender"),
    ],
)
def test_the_same_link_gets_there_by_the_right_role_and_by_no_other(
    watched: Watched, right: str, way: str, address: str, other: str
) -> None:
    for caller, touches in ((other, 0), (right, 1)):
        watched.forget()
        with Peer(watched.bus.plain_port) as peer:
            peer.put_as(caller, "")
            use(peer, way, address)
        assert len(watched.touched) == touches
