"""Frames of the bus: the numbers and limits that Azure's traces show."""

import re

import pytest
from proton import Message

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.performatives import HANDLE_MAX
from tests.sandbox.servicebus.harness import Running, until
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.raw import (
    ATTACH,
    CLOSE,
    DISPOSITION,
    FLOW,
    TRANSFER,
    Raw,
    accepted,
    attach,
    flow,
    hello,
    transfer,
)


def test_a_connection_is_opened_under_a_name_that_support_knows(bus: Running) -> None:
    with Raw(bus) as one, Raw(bus) as two:
        names = [each.opened.fields[0].decode() for each in (one, two)]
    assert all(re.fullmatch(r"[0-9a-f]{32}_G\d+", each) for each in names)
    assert names[0] != names[1]


def test_a_session_counts_from_one_and_has_azures_limits(bus: Running) -> None:
    with Raw(bus) as client:
        assert client.began.fields[1:5] == [1, 5000, 5000, 255]


def test_a_flow_goes_on_from_where_the_session_began(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        assert client.hear(FLOW).fields[2] == 1
        client.put_as("owner")
        client.say(attach(2, "orders"))
        assert client.hear(FLOW).fields[:3] == [1, 5000, 2]


def test_a_session_holds_256_links_and_not_one_more(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        client.put_as("owner", "")
        for handle in range(2, HANDLE_MAX + 1):
            client.say(attach(handle, "orders"))
            assert client.hear(ATTACH).fields[6] is not None, handle
        client.say(attach(HANDLE_MAX + 1, "orders"))
        error = client.hear(CLOSE).fields[0]
    assert error[0] == b"amqp:connection:framing-error"
    assert b"256" in error[1]


@pytest.mark.parametrize("descriptor", [b"\x53\x12", b"\x80" + b"\0" * 7 + b"\x12", b"\xa3\x10"])
def test_a_handle_is_too_high_however_its_frame_is_described(
    bus: Running, descriptor: bytes
) -> None:
    named = b"amqp:attach:list" if descriptor[0] == 0xA3 else b""
    content = attach(HANDLE_MAX + 1, "$cbs")
    described = content[4:9] + descriptor + named + content[11:]
    with Raw(bus) as client:
        client.say((len(described) + 4).to_bytes(4, "big") + described)
        assert client.hear(CLOSE).fields[0][0] == b"amqp:connection:framing-error"


def test_a_window_that_is_kept_moves_on(bus: Running) -> None:
    """More messages than one window holds, from a client that waits for its turn."""
    with Peer(bus.plain_port, timeout=20) as peer:
        peer.put_as("owner", "orders")
        sender = peer.sender("orders")
        for _ in range(5100):
            sender.link.send(Message("x"))
        peer.wait(lambda: bus.held()["queues/orders"] == 5100, timeout=20)
    bus.purge("orders")


def test_cbs_takes_messages_of_any_size_by_what_it_says(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        sizes = [client.hear(ATTACH).fields[10] for _ in range(2)]
    assert sizes == [2**64 - 1] * 2


def test_a_message_is_batchable_and_a_reply_is_not(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        assert client.put_as("owner").fields[10] is False
        client.say(attach(2, "orders"), transfer(2, 1, Message("x")))
        client.say(attach(3, "orders", sends=False), flow(3, 1))
        got = client.hear(TRANSFER)
        assert (len(got.fields[2]), got.fields[10]) == (16, True)
    bus.purge("orders")


def test_a_message_in_many_frames_is_batchable_and_no_frame_grows_too_long(bus: Running) -> None:
    content = bytes(range(256)) * 100
    with Raw(bus, begins=hello(encode.uint(512))) as client:
        client.open_cbs()
        client.put_as("owner")
        client.say(attach(2, "orders"))
        client.hear(ATTACH)
        for number, size in enumerate((25_000, 3_000, 500), start=1):
            client.say(transfer(2, number, Message(content[:size])))
        client.say(attach(3, "orders", sends=False), flow(3, 3))
        for size in (25_000, 3_000, 500):
            body, batchable, more = b"", False, True
            while more:
                got = client.hear(TRANSFER)
                body += bytes(got.fields[-1])
                more, batchable = bool(got.fields[5]), batchable or bool(got.fields[10])
            assert batchable
            assert content[:size] in body
        assert client.longest <= 512
    bus.purge("orders")


def test_a_window_is_filled_to_the_last_message_and_not_beyond(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        client.put_as("owner")
        client.say(attach(2, "orders"))
        client.hear(ATTACH)
        client.say(*(transfer(2, number, Message(str(number))) for number in range(1, 6)))
        until(lambda: bus.held()["queues/orders"] == 5)
        client.say(attach(3, "orders", sends=False), flow(3, 9, received=1, window=3))
        got = [client.hear(TRANSFER).fields[1] for _ in range(3)]
        assert client.is_silent()
        client.say(flow(3, 9, received=4, window=2))
        got += [client.hear(TRANSFER).fields[1] for _ in range(2)]
        assert got == [1, 2, 3, 4, 5]
    bus.purge("orders")


def test_a_reply_of_cbs_is_unsettled_until_the_client_settles_it(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        reply = client.put_as("owner")
        delivery, tag, settled = reply.fields[1], reply.fields[2], reply.fields[4]
        assert (delivery, len(tag), bool(settled)) == (0, 4, False)
        client.say(accepted(delivery, settled=False))
        assert client.hear(DISPOSITION).fields[:4] == [False, 0, None, True]
        second = client.put_as("owner", number=1)
        assert (second.fields[1], len(second.fields[2])) == (1, 4)
        assert second.fields[2] != tag
        client.say(accepted(1))
        third = client.put_as("owner", number=2).message
        assert third.application_properties[b"status-code"] == 202


def test_a_client_that_never_settles_goes_on_and_is_settled_for(bus: Running) -> None:
    """The SDK for Python never settles. After 100 the oldest is settled; none comes twice."""
    with Raw(bus) as client:
        client.open_cbs(credit=120)
        heard = [client.put_as("owner", number=number).fields[1] for number in range(101)]
        assert heard == list(range(101))
        role, first, _, settled, *_ = client.hear(DISPOSITION).fields
        assert (role, first, settled) == (False, 0, True)
        client.say(accepted(0), accepted(50), accepted(50))
        assert client.put_as("owner", number=101).fields[1] == 101


def test_a_reply_of_management_is_settled(bus: Running) -> None:
    """No trace of one is known; it has a short tag like those of `$cbs`."""
    with Raw(bus) as client:
        client.open_cbs()
        client.put_as("owner")
        node = "orders/$management"
        client.say(attach(2, node), attach(3, node, sends=False), flow(3, 5, received=1))
        request = {"operation": "com.microsoft:peek-message"}
        body = {"from-sequence-number": 1, "message-count": 1}
        message = Message(id="1", body=body, properties=request, reply_to="link 3")
        client.say(transfer(2, 1, message))
        reply = client.hear(TRANSFER)
        assert (len(reply.fields[2]), reply.fields[4]) == (4, True)


@pytest.mark.parametrize("left", [0, 3])
def test_a_drain_is_answered_whether_or_not_it_takes_the_credit_back(
    bus: Running, left: int
) -> None:
    """The SDK for Python takes it back, when it closes a receiver, and others leave it."""
    with Raw(bus) as client:
        client.open_cbs()
        client.put_as("owner", "others")
        receives = attach(2, "others", sends=False)
        client.say(receives, flow(2, 3), flow(2, left, drains=True))
        while not (answer := client.hear(FLOW).fields)[8]:
            pass
        assert answer[5:7] == [3, 0], "the credit is used up, and none is left"
        with Peer(bus.plain_port) as peer:
            peer.put_as("owner", "others")
            peer.sender("others").send(Message("next"))
        client.say(flow(2, 1, received=1, count=3))
        assert b"next" in bytes(client.hear(TRANSFER).fields[-1])
    bus.purge("others")


def test_a_drain_without_credit_gives_none(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        client.put_as("owner", "others")
        client.say(attach(2, "others", sends=False), flow(2, 0, drains=True))
        client.put_as("owner", "others", number=1)  # so that the bus has certainly seen it
        with Peer(bus.plain_port) as peer:
            peer.put_as("owner", "others")
            peer.sender("others").send(Message("next"))
            assert peer.receiver("others").receive().body == "next"
    bus.purge("others")
