"""Every settlement that a client may ask for, as each language's SDK writes it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from proton import Message

from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus.harness import Running, until
from tests.sandbox.servicebus.raw import (
    DISPOSITION,
    NULL,
    TRANSFER,
    Heard,
    Raw,
    attach,
    flow,
    frame,
    transfer,
)

DEAD = "orders/$deadletterqueue"
ACCEPTED, REJECTED, RELEASED, MODIFIED = 0x24, 0x25, 0x26, 0x27
NO, YES = encode.boolean(False), encode.boolean(True)
SHORT_INT = b"\x54"
ATTEMPT = encode.mapping((encode.symbol("attempt"), encode.integer(7)))


def state(code: int, *fields: bytes) -> bytes:
    """Return an outcome. Trailing fields may be left out."""
    return b"\x00\x53" + bytes((code,)) + encode.sequence(fields)


def rejected(*pairs: bytes, condition: str = "com.microsoft:dead-letter") -> bytes:
    """Return a rejection, with `pairs` in the info of its error."""
    info = encode.mapping(pairs)
    error = encode.sequence((encode.symbol(condition), NULL, info))
    return state(REJECTED, b"\x00\x53\x1d" + error)


@dataclass(frozen=True)
class Written:
    """An outcome, and the SDK that writes it in this form."""

    by: str
    outcome: bytes


# go-amqp 1.7 writes each flag and, without any, an empty map; Azure.Messaging.ServiceBus 7.20 sets
# no flag; rhea 3.0 and azure-servicebus 7.15 write delivery-failed.
ABANDONED = (
    Written("Go", state(MODIFIED, NO, NO, encode.mapping(()))),
    Written("Go, with a property", state(MODIFIED, NO, NO, ATTEMPT)),
    Written(".NET", state(MODIFIED)),
    Written(".NET, with a property", state(MODIFIED, NULL, NULL, ATTEMPT)),
    Written("Python", state(MODIFIED, YES, NO, ATTEMPT)),
    Written("JavaScript", state(MODIFIED, NULL, NO, ATTEMPT)),
    Written("no SDK, in long form", b"\x00\x80" + bytes(7) + b"\x27\xd0\0\0\0\x04" + bytes(4)),
)
DEAD_LETTERED = (
    Written(
        "Go, .NET and JavaScript", rejected(encode.symbol("DeadLetterReason"), encode.string("old"))
    ),
    Written("a client that writes no info", state(REJECTED)),
    Written("a client that names another condition", rejected(condition="amqp:decode-error")),
)


@pytest.fixture
def client(bus: Running) -> Iterator[Raw]:
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.put_as("owner")
        raw.say(attach(2, "orders"), attach(3, "orders", sends=False))
        yield raw
    bus.purge("orders")


def sent(client: Raw, count: int = 1) -> list[int]:
    """Send messages and receive them. Return the numbers of their deliveries."""
    client.say(*(transfer(2, number, Message("x")) for number in range(1, count + 1)))
    client.say(flow(3, count, received=1))
    return [client.hear(TRANSFER).fields[1] for _ in range(count)]


IN_TRANSACTION = b"\x00\x53\x34" + encode.sequence((encode.binary(b"tx"),))


def in_transaction(handle: int, number: int, message: Message) -> bytes:
    """Return an unsettled transfer of a message whose state is that of a transaction."""
    fields = encode.uint(handle), encode.uint(number), encode.binary(b"tag"), encode.uint(0)
    nothing = encode.boolean(False), encode.boolean(False), encode.NULL
    return frame(0x14, *fields, *nothing, IN_TRANSACTION, payload=message.encode())


@pytest.mark.parametrize("address", ["orders", "orders/$management"])
def test_what_belongs_to_a_transaction_is_refused_by_name(client: Raw, address: str) -> None:
    request = Message("x", id="7", properties={"operation": "com.microsoft:peek-message"})
    client.say(attach(4, address, name="more"), in_transaction(4, 1, request))
    refused = client.hear(DISPOSITION).fields
    assert b"does not support transactions" in repr(refused).encode()


def settle(client: Raw, first: int, last: int, outcome: bytes, *, settled: bool) -> None:
    """Settle deliveries, and wait for the bus to confirm it unless they were sent settled."""
    numbers = encode.uint(first), encode.uint(last)
    client.say(frame(DISPOSITION, encode.boolean(True), *numbers, encode.boolean(settled), outcome))
    if not settled:
        heard = 0
        while heard <= last - first:
            fields = client.hear(DISPOSITION).fields
            assert (fields[0], fields[3]) == (False, True)
            heard += (fields[1] if fields[2] is None else fields[2]) - fields[1] + 1


def again(client: Raw, *, received: int = 1) -> Heard:
    """Return the next message, for a receiver that has had so many."""
    client.say(flow(3, received + 1, received=received + 1))
    return client.hear(TRANSFER)


@pytest.mark.parametrize("settled", [False, True], ids=["unsettled", "settled"])
@pytest.mark.parametrize("written", ABANDONED, ids=lambda each: each.by)
def test_an_abandoned_message_comes_again_and_has_been_counted(
    client: Raw, written: Written, settled: bool
) -> None:
    """Azure/azure-sdk-for-go's live test of abandon expects 2, and the property set with it."""
    [number] = sent(client)
    settle(client, number, number, written.outcome, settled=settled)
    got = again(client)
    assert got.message.header.delivery_count == 1
    attempt = (got.message.application_properties or {}).get(b"attempt")
    assert attempt == (7 if ATTEMPT in written.outcome else None)
    assert attempt is None or SHORT_INT + b"\x07" in bytes(got.fields[-1])


@pytest.mark.parametrize("settled", [False, True], ids=["unsettled", "settled"])
def test_a_released_message_comes_again_uncounted(client: Raw, settled: bool) -> None:
    """Azure/amqpnetlite#342, by Microsoft's team."""
    [number] = sent(client)
    settle(client, number, number, state(RELEASED), settled=settled)
    assert again(client).message.header.delivery_count == 0


@pytest.mark.parametrize("settled", [False, True], ids=["unsettled", "settled"])
@pytest.mark.parametrize("written", DEAD_LETTERED, ids=lambda each: each.by)
def test_a_rejected_message_is_a_dead_letter(
    bus: Running, client: Raw, written: Written, settled: bool
) -> None:
    [number] = sent(client)
    settle(client, number, number, written.outcome, settled=settled)
    until(lambda: bus.held()[f"queues/{DEAD}"] == 1)
    client.say(attach(4, DEAD, sends=False), flow(4, 1, received=2))
    dead = client.hear(TRANSFER)
    reason = (dead.message.application_properties or {}).get(b"DeadLetterReason")
    assert reason == (b"old" if b"DeadLetterReason" in written.outcome else None)
    settle(client, dead.fields[1], dead.fields[1], state(ACCEPTED), settled=False)


@pytest.mark.parametrize("settled", [False, True], ids=["unsettled", "settled"])
def test_one_disposition_settles_a_range(bus: Running, client: Raw, settled: bool) -> None:
    first, *_, last = sent(client, 5)
    settle(client, first + 1, last - 1, state(ACCEPTED), settled=settled)
    until(lambda: bus.held()["queues/orders"] == 2)
    settle(client, first, last, state(MODIFIED), settled=True)
    assert [again(client, received=each).message.header.delivery_count for each in (5, 6)] == [1, 1]


def test_a_message_that_is_abandoned_too_often_is_a_dead_letter_and_then_uncounted(
    bus: Running, client: Raw
) -> None:
    """Azure counts no deliveries of dead letters: Azure/azure-sdk-for-net#53437."""
    [number] = sent(client)
    for received in (1, 2):
        settle(client, number, number, state(MODIFIED), settled=False)
        number = again(client, received=received).fields[1]
    settle(client, number, number, state(MODIFIED), settled=False)
    assert bus.held()["queues/orders"] == 0
    client.say(attach(4, DEAD, sends=False))
    for received, outcome in enumerate((MODIFIED, MODIFIED, MODIFIED, ACCEPTED)):
        client.say(flow(4, received + 1, received=received + 4))
        dead = client.hear(TRANSFER)
        assert dead.message.header.delivery_count == 3
        settle(client, dead.fields[1], dead.fields[1], state(outcome), settled=False)
