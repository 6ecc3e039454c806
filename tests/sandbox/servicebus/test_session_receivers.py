"""Sessions through the unmodified SDK: one receiver each, in order, with a state."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusReceiver,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import (
    MessageNotFoundError,
    OperationTimeoutError,
    ServiceBusError,
    SessionCannotBeLockedError,
    SessionLockLostError,
)
from proton import Described, Timeout, symbol, ulong
from proton.utils import LinkDetached

from tests.sandbox.servicebus.harness import Running, in_parallel, until
from tests.sandbox.servicebus.peer import SESSION_FILTER, Peer, refusal


@pytest.fixture(scope="module")
def client(bus: Running) -> Iterator[ServiceBusClient]:
    """Return a client that may do everything."""
    with bus.client("owner") as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_is_left(bus: Running) -> Iterator[None]:
    """Fail a test that leaves messages behind, where another test would find them."""
    yield
    assert {path: held for path, held in bus.held().items() if held} == {}


def send(client: ServiceBusClient, session: str, *texts: str, queue: str = "visits") -> None:
    with client.get_queue_sender(queue) as sender:
        sender.send_messages([ServiceBusMessage(each, session_id=session) for each in texts])


def receive(receiver: ServiceBusReceiver, count: int) -> list[ServiceBusReceivedMessage]:
    """Receive so many messages, however many calls it takes."""
    found: list[ServiceBusReceivedMessage] = []
    while len(found) < count:
        more = receiver.receive_messages(max_message_count=count - len(found), max_wait_time=60)
        assert more, f"only {len(found)} of {count} came"
        found += more
    return found


def complete(receiver: ServiceBusReceiver, count: int) -> list[str]:
    found = receive(receiver, count)
    for each in found:
        receiver.complete_message(each)
    return [str(each) for each in found]


def test_a_receiver_gets_the_messages_of_its_session_alone_and_in_order(
    client: ServiceBusClient,
) -> None:
    for number in range(3):
        send(client, "a", f"a{number}")
        send(client, "b", f"b{number}")
    with (
        client.get_queue_receiver("visits", session_id="b") as b,
        client.get_queue_receiver("visits", session_id="a") as a,
    ):
        assert b.session.session_id == "b"
        until_now = b.session.locked_until_utc
        assert until_now
        assert timedelta(0) < until_now - datetime.now(UTC) <= timedelta(seconds=30)
        first = receive(b, 1)[0]
        assert (first.session_id, first.locked_until_utc) == ("b", None)
        b.abandon_message(first)
        assert complete(b, 3) == ["b0", "b1", "b2"]
        assert complete(a, 3) == ["a0", "a1", "a2"]


def test_the_next_session_is_one_that_nobody_holds(client: ServiceBusClient) -> None:
    for session in "ab":
        send(client, session, session)
    receivers = [
        client.get_queue_receiver("visits", session_id=NEXT_AVAILABLE_SESSION) for _ in range(2)
    ]
    found = []
    for each in receivers:
        with each:
            found.append((each.session.session_id, complete(each, 1)))
    assert sorted(found) == [("a", ["a"]), ("b", ["b"])]


def test_a_receiver_waits_for_the_next_session(bus: Running) -> None:
    done: list[tuple[str, list[str]]] = []

    def wait(_: int) -> None:
        with (
            bus.client("owner") as client,
            client.get_queue_receiver(
                "visits", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=20
            ) as receiver,
        ):
            done.append((receiver.session.session_id, complete(receiver, 1)))

    def supply(_: int) -> None:
        locks = bus.session_locks("visits")
        until(lambda: len(locks._waiters) == 3)
        with bus.client("owner") as client:
            for session in "abc":
                send(client, session, session)

    in_parallel(lambda number: (wait if number else supply)(number), range(4))
    assert sorted(done) == [("a", ["a"]), ("b", ["b"]), ("c", ["c"])]


def test_a_receiver_that_waits_in_vain_gets_a_timeout(bus: Running) -> None:
    with bus.client("owner") as client, pytest.raises(OperationTimeoutError):
        client.get_queue_receiver(
            "visits", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=1
        ).receive_messages()
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "visits")
        with pytest.raises(LinkDetached) as refused:
            peer.session_receiver("visits", None, seconds=0.1)
        name, text = refusal(refused.value)
    assert name == "com.microsoft:timeout"
    assert "did not complete within the allotted timeout of 00:00:00" in text


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("a", "a"), (Described(ulong(0x137000000C), "a"), Described(ulong(0x137000000C), "a"))],
)
def test_the_attach_names_the_session_in_the_form_that_was_asked_for(
    bus: Running, asked: Any, answered: Any
) -> None:
    """The SDK for Go describes its filter, those for Python and JavaScript do not."""
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "visits")
        link = peer.session_receiver("visits", asked).link
        assert link.remote_source.filter.next()
        given = link.remote_source.filter.get_object()[symbol(SESSION_FILTER)]
        assert repr(given) == repr(answered)
        assert link.remote_properties["com.microsoft:locked-until-utc"] > 638_000_000_000_000_000


def test_a_session_id_is_text(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "visits")
        with pytest.raises(LinkDetached, match="The session filter is not a string"):
            peer.session_receiver("visits", 1)


def test_a_client_that_leaves_waits_no_more(bus: Running) -> None:
    locks = bus.session_locks("visits")
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "visits")
        peer.connection.timeout = 0.2
        with pytest.raises(Timeout):
            peer.session_receiver("visits", None)
        peer.connection.timeout = 60
        until(lambda: len(locks._waiters) == 1)
    until(lambda: not locks._waiters)


def test_a_session_has_one_receiver_until_that_closes(client: ServiceBusClient) -> None:
    with client.get_queue_receiver("visits", session_id="a") as first:
        second = client.get_queue_receiver("visits", session_id="a")
        with pytest.raises(SessionCannotBeLockedError, match="The requested session 'a' cannot"):
            second.receive_messages(max_wait_time=1)
        send(client, "a", "x")
        assert receive(first, 1)
    with client.get_queue_receiver("visits", session_id="a") as third:
        (again,) = receive(third, 1)
        assert again.delivery_count == 0
        third.complete_message(again)


def test_a_session_ends_with_its_lock_and_the_deliveries_count(client: ServiceBusClient) -> None:
    send(client, "a", "x", queue="glimpses")
    with client.get_queue_receiver("glimpses", session_id="a") as slow:
        (message,) = receive(slow, 1)
        with client.get_queue_receiver(
            "glimpses", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=20
        ) as quick:
            assert quick.session.session_id == "a"
            with pytest.raises(SessionLockLostError):
                slow.complete_message(message)
            with pytest.raises(SessionLockLostError):
                slow.session.renew_lock()
            (again,) = receive(quick, 1)
            assert again.delivery_count == 1
            quick.complete_message(again)


def test_a_link_is_detached_when_its_session_has_ended(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "visits")
        receiver = peer.session_receiver("visits", "a")
        bus.end_session("visits", "a")
        assert peer.wait_for_end(receiver).name == "com.microsoft:session-lock-lost"


def test_a_renewed_lock_keeps_the_session(client: ServiceBusClient) -> None:
    with client.get_queue_receiver("visits", session_id="a") as receiver:
        before = receiver.session.locked_until_utc
        after = receiver.session.renew_lock()
        assert before
        assert before <= after <= datetime.now(UTC) + timedelta(seconds=30)


def test_a_session_has_a_state_that_outlives_its_receivers(client: ServiceBusClient) -> None:
    with client.get_queue_receiver("visits", session_id="a") as receiver:
        assert receiver.session.get_state() is None
        receiver.session.set_state("seen")
    with client.get_queue_receiver("visits", session_id="a") as receiver:
        assert receiver.session.get_state() == b"seen"
        receiver.session.set_state(None)
        assert receiver.session.get_state() is None


def test_the_sessions_with_messages_or_a_state_are_listed(client: ServiceBusClient) -> None:
    assert list(client.list_queue_sessions("visits")) == []
    send(client, "a", "x")
    with client.get_queue_receiver("visits", session_id="b") as receiver:
        receiver.session.set_state("seen")
    assert list(client.list_queue_sessions("visits")) == ["a", "b"]
    long_ago, to_come = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    assert list(client.list_queue_sessions("visits", state_updated_after=long_ago)) == ["b"]
    assert list(client.list_queue_sessions("visits", state_updated_after=to_come)) == []
    with client.get_queue_receiver("visits", session_id="b") as receiver:
        receiver.session.set_state(None)
    with client.get_queue_receiver("visits", session_id="a") as receiver:
        complete(receiver, 1)
    assert list(client.list_queue_sessions("visits")) == []


def test_deferred_messages_belong_to_their_session(client: ServiceBusClient) -> None:
    send(client, "a", "x", "y")
    with (
        client.get_queue_receiver("visits", session_id="a") as a,
        client.get_queue_receiver("visits", session_id="b") as b,
    ):
        numbers = []
        for each in receive(a, 2):
            numbers.append(each.sequence_number or 0)
            a.defer_message(each)
        with pytest.raises(MessageNotFoundError):
            b.receive_deferred_messages(numbers)
        found = a.receive_deferred_messages(numbers)
        assert [str(each) for each in found] == ["x", "y"]
        a.complete_message(found[0])
        a.dead_letter_message(found[1], reason="Unreadable")
    with client.get_queue_receiver(
        "visits",
        sub_queue=ServiceBusSubQueue.DEAD_LETTER,
        receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE,
    ) as dead:
        (letter,) = receive(dead, 1)
    assert (letter.session_id, letter.dead_letter_reason) == ("a", "Unreadable")


def test_a_peek_shows_the_messages_of_its_session(client: ServiceBusClient) -> None:
    send(client, "a", "x")
    send(client, "b", "y")
    for session, text in (("a", "x"), ("b", "y")):
        with client.get_queue_receiver("visits", session_id=session) as receiver:
            assert [str(each) for each in receiver.peek_messages(5)] == [text]
            complete(receiver, 1)


def test_a_message_that_fails_too_often_is_dead_lettered(client: ServiceBusClient) -> None:
    send(client, "a", "poison", "next")
    with client.get_queue_receiver("visits", session_id="a") as receiver:
        for _ in range(3):
            receiver.abandon_message(receive(receiver, 1)[0])
        assert complete(receiver, 1) == ["next"]
    with client.get_queue_receiver("visits", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as dead:
        assert complete(dead, 1) == ["poison"]


def test_a_queue_takes_no_message_without_a_session(client: ServiceBusClient) -> None:
    with client.get_queue_sender("visits") as sender:
        for send_it in (
            lambda: sender.send_messages(ServiceBusMessage("x")),
            lambda: sender.schedule_messages(
                ServiceBusMessage("x"), datetime(2100, 1, 1, tzinfo=UTC)
            ),
        ):
            with pytest.raises(ServiceBusError, match="The SessionId was not set on a message"):
                send_it()
    send(client, "a", "x")
    with client.get_queue_receiver("visits", session_id="a") as receiver:
        assert complete(receiver, 1) == ["x"]


def test_a_subscription_has_sessions_too(client: ServiceBusClient) -> None:
    """The topic takes any message. One without a session goes to the dead letters."""
    with client.get_topic_sender("tours") as sender:
        sender.send_messages(ServiceBusMessage("x", session_id="a"))
        sender.send_messages(ServiceBusMessage("lost"))
    assert list(client.list_subscription_sessions("tours", "guided")) == ["a"]
    with client.get_subscription_receiver("tours", "guided", session_id="a") as receiver:
        assert complete(receiver, 1) == ["x"]
    with client.get_subscription_receiver(
        "tours", "guided", sub_queue=ServiceBusSubQueue.DEAD_LETTER
    ) as dead:
        (letter,) = receive(dead, 1)
        assert letter.dead_letter_reason == "Session ID is null."
        dead.complete_message(letter)


def test_received_and_deleted_messages_of_a_session_are_gone(client: ServiceBusClient) -> None:
    send(client, "a", "x", "y")
    with client.get_queue_receiver(
        "visits", session_id="a", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
    ) as receiver:
        assert [str(each) for each in receive(receiver, 2)] == ["x", "y"]


async def one_message(bus: Running) -> list[Any]:
    async with bus.async_client("owner") as client:
        async with client.get_queue_sender("visits") as sender:
            await sender.send_messages(ServiceBusMessage("x", session_id="a"))
        async with client.get_queue_receiver(
            "visits", session_id=NEXT_AVAILABLE_SESSION
        ) as receiver:
            (message,) = await receiver.receive_messages(max_wait_time=60)
            await receiver.session.set_state(b"s")
            state = await receiver.session.get_state()
            await receiver.session.set_state(None)
            await receiver.complete_message(message)
            return [str(message), receiver.session.session_id, state]


def test_the_asynchronous_client_has_sessions_too(bus: Running) -> None:
    assert asyncio.run(one_message(bus)) == ["x", "a", b"s"]


def test_a_session_takes_the_right_to_receive(bus: Running) -> None:
    with (
        bus.client("namespace-sender") as client,
        pytest.raises(ServiceBusError, match="'Listen' claim"),
        client.get_queue_receiver("visits", session_id="a") as receiver,
    ):
        receiver.session.get_state()
    with (
        bus.client("namespace-receiver") as client,
        client.get_queue_receiver("visits", session_id="a") as receiver,
    ):
        assert receiver.session.get_state() is None


@pytest.mark.parametrize(
    "operation", ["get-session-state", "set-session-state", "renew-session-lock"]
)
def test_a_request_about_a_session_takes_the_right_to_receive(bus: Running, operation: str) -> None:
    asked = {"operation": f"com.microsoft:{operation}"}
    for caller, code in (("namespace-sender", 401), ("namespace-receiver", 200)):
        with Peer(bus.plain_port) as peer:
            peer.put_as("namespace-receiver", "visits")
            peer.session_receiver("visits", "a")
            peer.put_as(caller, "visits/$management")
            body = {"session-id": "a", "session-state": None}
            assert peer.ask("visits/$management", asked, body).code == code


@pytest.mark.parametrize("operation", ["get-session-state", "renew-session-lock"])
def test_only_the_connection_that_holds_a_session_may_use_it(
    bus: Running, client: ServiceBusClient, operation: str
) -> None:
    asked = {"operation": f"com.microsoft:{operation}"}
    with client.get_queue_receiver("visits", session_id="a"), Peer(bus.plain_port) as peer:
        peer.put_as("owner", "visits")
        reply = peer.ask("visits/$management", asked, {"session-id": "a"})
    assert (reply.code, reply.condition) == (410, "com.microsoft:session-lock-lost")


def test_an_entity_without_sessions_says_so(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        asked = {"operation": "com.microsoft:get-session-state"}
        reply = peer.ask("orders/$management", asked, {"session-id": "a"})
    assert reply.code == 400
    assert "does not require sessions" in reply.description
