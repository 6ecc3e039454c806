"""Quotas: of a connection before its token, and of its principal afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage
from proton import Message

from sandbox.servicebus import Limits
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.connection import _MAX_UNREAD
from sandbox.servicebus.limits import Quota
from tests.sandbox.servicebus.harness import Running, until
from tests.sandbox.servicebus.raw import (
    ATTACH,
    BEGIN,
    DETACH,
    DISPOSITION,
    NULL,
    TRANSFER,
    ZERO,
    Raw,
    attach,
    flow,
    frame,
    on_channel,
    put_token,
    transfer,
    unfinished,
)

LIMITS = replace(
    Limits(), of_a_principal=Quota(20, 40, 300_000, 100_000), max_without_token=5, token_wait=60
)


NODE = "others/$management"
PEEK = Message(
    id="1",
    properties={"operation": "com.microsoft:peek-message"},
    body={"from-sequence-number": 0, "message-count": 1},
    reply_to="link 3",
)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a bus with small quotas for principals."""
    with Running(tmp_path_factory.mktemp("quotas"), limits=LIMITS) as running:
        yield running


def begin(channel: int) -> bytes:
    return on_channel(channel, frame(BEGIN, NULL, ZERO, encode.uint(1000), encode.uint(1000)))


def closed_for(bus: Running, *pieces: bytes) -> str:
    """Return the error with which the bus answers these frames, sent in a new session."""
    with Raw(bus) as raw:
        raw.say(*pieces)
        return condition_of(raw)


def condition_of(raw: Raw) -> str:
    with pytest.raises(AssertionError) as caught:
        raw.hear(0x99)
    return str(caught.value)


def test_a_second_link_to_cbs_in_one_direction_is_refused_as_azure_refuses_it(
    bus: Running,
) -> None:
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.say(attach(2, "$cbs", name="another"))
        error = raw.hear(DETACH).fields[2]
        assert error[0] == b"amqp:not-allowed"
        assert b"$cbs node has already been opened" in error[1]
        assert raw.put_as("owner").message.application_properties[b"status-code"] == 202


def test_before_a_token_there_are_few_links_and_few_sessions(bus: Running) -> None:
    links = [attach(number, f"queue{number}") for number in range(17)]
    assert "maximum number of handles allowed is 16" in closed_for(bus, *links)
    sessions = [begin(channel) for channel in range(1, 17)]
    reason = closed_for(bus, *sessions)
    assert "amqp:resource-limit-exceeded" in reason
    assert "maximum number of sessions allowed is 16" in reason


def test_a_request_for_a_token_is_short(bus: Running) -> None:
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.say(unfinished(0, 0, 20_000), unfinished(0, 0, 20_000))
        assert raw.hear(DETACH).fields[2][0] == b"amqp:link:message-size-exceeded"


def test_a_request_says_little_of_itself_and_its_token_is_text(bus: Running) -> None:
    wordy = Message(id="1", body="x", properties={"operation": "put-token", "x": "y" * 5000})
    crooked = put_token("").encode().replace(b"\xa1\x00", b"\xa1\x01\xff")
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.say(transfer(0, 0, wordy, settled=False))
        assert "properties of more than 4096 bytes" in str(raw.hear(DISPOSITION).fields)
        tag = encode.binary(b"tag2")
        raw.say(frame(TRANSFER, ZERO, encode.uint(1), tag, ZERO, b"\x41", payload=crooked))
        assert raw.hear(TRANSFER).message.application_properties[b"status-code"] == 400
        assert raw.put_as("owner", number=2).message.application_properties[b"status-code"] == 202


def test_what_comes_on_a_link_that_was_refused_is_not_kept(bus: Running) -> None:
    """It takes 20 times the quota of unfinished bytes, and the connection still works."""
    with Raw(bus) as raw:
        raw.say(attach(2, "orders"))
        raw.hear(DETACH)
        raw.say(*(unfinished(2, 0, 60_000) for _ in range(20)))
        raw.open_cbs()
        answer = raw.put_as("owner", number=1)
        assert answer.message.application_properties[b"status-code"] == 202


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (attach(2, "orders", name="x" * 5000), "where 4096 are allowed"),
        (frame(ATTACH, *[NULL] * 300), "more than 256 values"),
        (frame(DISPOSITION, *[NULL] * 5000), "where 4096 are allowed"),
        (frame(TRANSFER, *[NULL] * 5000), "where 4096 are allowed"),
        (frame(DISPOSITION, encode.boolean(True), ZERO, encode.uint(50_000)), "too much of too"),
    ],
    ids=["a long name", "many values", "a long disposition", "a long transfer", "a long range"],
)
def test_what_proton_would_keep_of_a_peer_is_bounded(
    bus: Running, said: bytes, reason: str
) -> None:
    condition = closed_for(bus, said)
    assert "amqp:connection:framing-error" in condition
    assert reason in condition


def test_a_client_that_is_refused_again_and_again_is_closed(bus: Running) -> None:
    with Raw(bus) as raw:
        for number in range(101):
            raw.say(attach(2, f"queue{number}"), frame(DETACH, encode.uint(2), b"\x41"))
        assert "Refused 101 times" in condition_of(raw)


def test_a_principal_has_its_links_over_all_of_its_connections(bus: Running) -> None:
    with Raw(bus) as one, Raw(bus) as other:
        for raw in (one, other):
            raw.open_cbs()
            raw.put_as("owner")
        one.say(*(attach(2 + number, "orders", name=f"a{number}") for number in range(15)))
        for _ in range(15):
            one.hear(ATTACH)
        other.say(*(attach(2 + number, "orders", name=f"b{number}") for number in range(5)))
        assert "maximum number of handles allowed is 20" in condition_of(other)
    until(lambda: not any(each._used["links"] for each in bus.bus._context.usages.values()))
    with Raw(bus) as again:
        again.open_cbs()
        again.put_as("owner")
        again.say(*(attach(2 + number, "orders", name=f"c{number}") for number in range(15)))
        for _ in range(15):
            again.hear(ATTACH)


def test_a_principal_has_so_many_unfinished_bytes_and_then_the_link_ends(bus: Running) -> None:
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.put_as("owner", "")
        raw.say(attach(2, "orders"), attach(3, "others"))
        raw.say(*(unfinished(2, 1, 60_000) for _ in range(4)))
        raw.say(unfinished(3, 2, 60_000), unfinished(3, 2, 60_000))
        detached = raw.hear(DETACH).fields
        assert (detached[0], detached[2][0]) == (3, b"amqp:resource-limit-exceeded")


def test_unread_replies_end_in_a_refusal_until_they_are_read(bus: Running) -> None:
    with bus.client("owner") as client, client.get_queue_sender("others") as sender:
        sender.send_messages(ServiceBusMessage(b"x" * 60_000))
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.put_as("owner", "others")
        raw.say(attach(2, NODE), attach(3, NODE, sends=False))
        raw.say(*(transfer(2, number, PEEK, settled=False) for number in range(1, 5)))
        outcomes = [str(raw.hear(DISPOSITION).fields) for _ in range(3)]
        assert any("accepted" in each for each in outcomes)
        assert any("amqp:resource-limit-exceeded" in each for each in outcomes)
        raw.say(flow(3, 10, received=1))
        raw.hear(TRANSFER)
        raw.say(transfer(2, 5, PEEK, settled=False))
        assert "accepted" in raw.hear(DISPOSITION).fields[4]
    bus.purge("others")


def test_connections_without_a_token_make_room_for_newer_ones(bus: Running) -> None:
    waiting = [Raw(bus) for _ in range(5)]
    with Raw(bus) as newest:
        assert "connections have put no valid token" in condition_of(waiting[0])
        newest.open_cbs()
        assert newest.put_as("owner").message.application_properties[b"status-code"] == 202
    for each in waiting:
        each.__exit__()


def test_a_client_that_does_not_read_is_not_heard_either(bus: Running) -> None:
    """However much it sends, the bus takes only a little before the client reads."""
    with bus.client("owner") as client, client.get_queue_sender("others") as sender:
        sender.send_messages(ServiceBusMessage(b"x" * 60_000))
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.put_as("owner", "others")
        raw.say(attach(2, NODE), attach(3, NODE, sends=False), flow(3, 100_000, received=1))
        raw.say(*(transfer(2, number, PEEK) for number in range(1, 2000)))
        connection: Any = list(bus.bus._connections)[-1]
        until(lambda: connection._unread > _MAX_UNREAD)
        waiting = connection._output.get_write_buffer_size()
        assert waiting < 2 * _MAX_UNREAD, "of 120 MB that were asked for"
        assert len(connection._frames) > 0, "what it asks for is left unread"
    bus.purge("others")
