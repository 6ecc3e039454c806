"""Sections where clients put them, delivery annotations, and properties above Azure's limits."""

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from azure.servicebus import ServiceBusReceiveMode
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageHeader, AmqpMessageProperties
from azure.servicebus.exceptions import ServiceBusError
from proton import Message as ProtonMessage

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.amqp.sections import described, joined, split
from sandbox.servicebus.serve.message import Message, oversized
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.raw import TRANSFER, Raw, attach, flow, transfer

ENTRY = encode.mapping((encode.symbol("a"), encode.integer(1)))
HEADER = described(0x70, encode.sequence((encode.boolean(True),)))
DELIVERY = described(0x71, ENTRY)
PROPERTIES = described(0x73, encode.sequence((encode.string("id"),)))
BODY = described(0x75, encode.binary(b"x"))
FOOTER = described(0x78, ENTRY)
IN_ORDER = (HEADER, PROPERTIES, BODY)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("footer_at", range(5))
def test_delivery_annotations_and_footer_are_taken_wherever_they_stand(
    at: int, footer_at: int
) -> None:
    written = list(IN_ORDER)
    written.insert(at, DELIVERY)
    written.insert(footer_at, FOOTER)
    assert joined(split(b"".join(written))) == b"".join(
        (HEADER, DELIVERY, PROPERTIES, BODY, FOOTER)
    )


@pytest.mark.parametrize("order", [each for each in permutations(IN_ORDER) if each != IN_ORDER])
def test_other_sections_have_their_order(order: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedError):
        split(b"".join(order))


@pytest.mark.parametrize(
    "content",
    [
        DELIVERY + DELIVERY + BODY,
        FOOTER + BODY + FOOTER,
        described(0x71, encode.sequence(())) + BODY,
        described(0x75, encode.string("x")),
        BODY + described(0x77, encode.NULL),
        BODY + FOOTER + BODY + PROPERTIES,
    ],
)
def test_a_section_that_comes_twice_or_is_of_another_type_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedError):
        split(content)


def test_a_message_with_every_section_passes_as_in_microsofts_sample(bus: Running) -> None:
    """sample_code_servicebus.py and send_and_receive_amqp_annotated_message.py of the SDK."""
    message = AmqpAnnotatedMessage(
        sequence_body=[["one", 2], [3.5]],
        header=AmqpMessageHeader(time_to_live=60_000, priority=3, durable=True),
        properties=AmqpMessageProperties(subject="s", message_id="id", reply_to="r"),
        application_properties={"body_type": "sequence", "n": 3},
        delivery_annotations={"delivery": "mine"},
        annotations={"annotation": "kept"},
        footer={"footer": "kept"},
    )
    with (
        bus.client("owner") as client,
        client.get_queue_sender("orders") as sender,
        client.get_queue_receiver("orders", max_wait_time=5) as receiver,
    ):
        sender.send_messages(message)
        # Another test may have left a message.
        got = next(each for each in receiver if each.message_id == "id")
        raw: Any = got.raw_amqp_message
        token = got.lock_token
        receiver.complete_message(got)
    assert [list(each) for each in raw.body] == [[b"one", 2], [3.5]]
    assert (raw.header.priority, raw.header.durable) == (3, True)
    assert raw.properties.subject == b"s"
    assert raw.application_properties == {b"body_type": b"sequence", b"n": 3}
    assert raw.annotations[b"annotation"] == b"kept"
    assert raw.footer == {b"footer": b"kept"}
    assert raw.delivery_annotations == {b"x-opt-lock-token": token, b"delivery": b"mine"}


def test_a_message_is_delivered_with_its_lock_token_and_one_that_is_not_locked_without(
    bus: Running,
) -> None:
    with bus.client("owner") as client, client.get_queue_sender("orders") as sender:
        sender.send_messages(AmqpAnnotatedMessage(data_body=b"x", delivery_annotations={"a": 1}))
        mode = ServiceBusReceiveMode.RECEIVE_AND_DELETE
        with client.get_queue_receiver("orders", receive_mode=mode) as receiver:
            [peeked] = receiver.peek_messages()
            [got] = receiver.receive_messages(max_wait_time=5)
    assert peeked.raw_amqp_message.delivery_annotations == {b"a": 1}
    assert got.raw_amqp_message.delivery_annotations == {b"a": 1}


def test_the_lock_token_is_the_delivery_tag_in_the_order_of_dotnets_guids(bus: Running) -> None:
    with Raw(bus) as client:
        client.open_cbs()
        client.put_as("owner")
        client.say(attach(2, "orders"), attach(3, "orders", sends=False))
        client.say(transfer(2, 1, ProtonMessage("x")), flow(3, 1, received=1))
        got = client.hear(TRANSFER)
        token = got.message.delivery_annotations[b"x-opt-lock-token"]
        assert token == UUID(bytes_le=bytes(got.fields[2]))
    bus.purge("orders")


def with_own(**own: str) -> Message:
    """Return a message with these application properties."""
    properties = described(0x74, encode.value(own))
    return Message.parse(properties + BODY)


def test_properties_have_azures_limits() -> None:
    assert oversized(with_own(a="x" * 32_000, b="x" * 32_000)) is None
    assert "more than 32768" in str(oversized(with_own(a="x" * 33_000)))
    assert "more than 65536" in str(
        oversized(with_own(a="x" * 32_000, b="x" * 32_000, c="x" * 2000))
    )


def test_a_message_with_too_large_a_property_is_refused_and_the_next_is_taken(bus: Running) -> None:
    with bus.client("owner") as client, client.get_queue_sender("orders") as sender:
        own = {"a": "x" * 33_000}
        with pytest.raises(ServiceBusError, match="takes 33005 bytes, more than 32768") as refused:
            sender.send_messages(AmqpAnnotatedMessage(data_body=b"x", application_properties=own))
        assert refused.value._retryable is False
        sender.send_messages(AmqpAnnotatedMessage(data_body=b"x"))
    assert bus.held()["queues/orders"] == 1
    bus.purge("orders")
