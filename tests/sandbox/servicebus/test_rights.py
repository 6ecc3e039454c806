"""Each action at each scope: denied without the role, and the same request allowed with it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
    TransportType,
)
from azure.servicebus.exceptions import (
    MessagingEntityNotFoundError,
    ServiceBusAuthorizationError,
    ServiceBusError,
)

from sandbox.audit import Outcome
from tests.sandbox.servicebus.harness import Running, in_parallel
from tests.sandbox.servicebus.world import BUS

Request = Callable[[ServiceBusClient], object]


def send_to_queue(client: ServiceBusClient) -> None:
    with client.get_queue_sender("orders") as sender:
        sender.send_messages(ServiceBusMessage("x"))


def send_to_topic(client: ServiceBusClient) -> None:
    with client.get_topic_sender("events") as sender:
        sender.send_messages(ServiceBusMessage("x", subject="blue"))


def receive_from_queue(client: ServiceBusClient) -> None:
    with client.get_queue_receiver(
        "orders", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
    ) as receiver:
        receiver.receive_messages(max_message_count=100, max_wait_time=0.3)


def receive_dead_letters(client: ServiceBusClient) -> None:
    with client.get_queue_receiver("orders", sub_queue=ServiceBusSubQueue.DEAD_LETTER):
        pass


def receive_from_subscription(client: ServiceBusClient) -> None:
    with client.get_subscription_receiver("events", "red"):
        pass


def receive_dead_letters_of_subscription(client: ServiceBusClient) -> None:
    with client.get_subscription_receiver(
        "events", "red", sub_queue=ServiceBusSubQueue.DEAD_LETTER
    ):
        pass


@dataclass(frozen=True)
class Row:
    """A request, the principal that may make it, and the errors that the others get."""

    request: Request
    allowed: tuple[str, ...]
    denied: tuple[str, ...]
    claim: str
    resource: str


ROWS = [
    Row(
        send_to_queue,
        ("orders-sender", "namespace-sender", "owner"),
        ("orders-receiver", "others-sender", "events-sender", "contributor", "stranger"),
        "Send",
        "orders",
    ),
    Row(
        receive_from_queue,
        ("orders-receiver", "namespace-receiver", "group-receiver", "owner"),
        ("orders-sender", "others-receiver", "events-receiver", "contributor", "stranger"),
        "Listen",
        "orders",
    ),
    Row(
        receive_dead_letters,
        ("orders-receiver", "namespace-receiver"),
        ("orders-sender", "others-receiver", "stranger"),
        "Listen",
        "orders/$deadletterqueue",
    ),
    Row(
        send_to_topic,
        ("events-sender", "namespace-sender"),
        ("red-sender", "events-receiver", "orders-sender", "stranger"),
        "Send",
        "events",
    ),
    Row(
        receive_from_subscription,
        ("red-receiver", "events-receiver", "namespace-receiver"),
        ("red-sender", "events-sender", "orders-receiver", "stranger"),
        "Listen",
        "events/subscriptions/red",
    ),
    Row(
        receive_dead_letters_of_subscription,
        ("red-receiver",),
        ("events-sender", "others-receiver"),
        "Listen",
        "events/subscriptions/red/$deadletterqueue",
    ),
]
CASES = [(number, name) for number, row in enumerate(ROWS) for name in (*row.allowed, *row.denied)]


@pytest.fixture(scope="module")
def answers(bus: Running) -> Iterator[Mapping[tuple[int, str], str]]:
    """Return each request's answer. They run in parallel, since the SDK mostly sleeps."""
    told: dict[tuple[int, str], str] = {}

    def ask(case: tuple[int, str]) -> None:
        number, name = case
        try:
            with bus.client(name) as client:
                ROWS[number].request(client)
            told[case] = "done"
        except ServiceBusError as error:
            told[case] = str(error)

    in_parallel(ask, CASES)
    yield told
    with bus.client("owner") as client:
        receive_from_queue(client)
        for name in ("everything", "cheap"):
            with client.get_subscription_receiver(
                "events", name, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
            ) as receiver:
                receiver.receive_messages(max_message_count=100, max_wait_time=0.5)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.request.__name__)
def test_a_right_opens_its_link_and_no_other(
    bus: Running, answers: Mapping[tuple[int, str], str], row: Row
) -> None:
    number = ROWS.index(row)
    assert {name: answers[number, name] for name in row.allowed} == dict.fromkeys(
        row.allowed, "done"
    )
    for name in row.denied:
        assert f"'{row.claim}' claim(s) are required" in answers[number, name], name
        assert (
            f"Resource: 'sb://sb-test.servicebus.windows.net/{row.resource}'"
            in (answers[number, name])
        )
    scopes = {(each.identity, each.outcome) for each in bus.records()}
    assert scopes >= {(name, Outcome.DENIED) for name in row.denied}
    assert scopes >= {(name, Outcome.ALLOWED) for name in row.allowed}


@pytest.mark.parametrize("transport", list(TransportType))
def test_the_sdk_takes_a_denial_for_one(bus: Running, transport: TransportType) -> None:
    """On both transports, and for senders too, whose attach Azure refuses as it does receivers'."""
    with bus.client("stranger", transport) as client:
        with pytest.raises(ServiceBusAuthorizationError):
            receive_from_queue(client)
        with pytest.raises(ServiceBusAuthorizationError):
            send_to_queue(client)


@pytest.mark.parametrize("name", ["owner", "orders-receiver"])
def test_the_sdk_learns_with_its_token_that_an_entity_does_not_exist(
    bus: Running, name: str
) -> None:
    with (
        bus.client(name) as client,
        pytest.raises(ServiceBusError) as error,
        client.get_queue_receiver("nowhere"),
    ):
        pass
    message = str(error.value.inner_exception)
    assert "Status code: 404" in message
    assert (
        f"The messaging entity 'sb://{bus.namespace.host}/nowhere' could not be found." in message
    )


def test_a_topic_is_not_received_from(bus: Running) -> None:
    with bus.client("owner") as client, pytest.raises(MessagingEntityNotFoundError):
        client.get_queue_receiver("events").receive_messages(max_wait_time=1)


@pytest.mark.parametrize("where", ["events/Subscriptions/red", "orders/$DeadLetterQueue"])
def test_a_subscription_and_dead_letters_take_no_sender(bus: Running, where: str) -> None:
    with (
        bus.client("owner") as client,
        pytest.raises(ServiceBusError, match="messages are sent to queues and topics"),
        client.get_queue_sender(where) as sender,
    ):
        sender.send_messages(ServiceBusMessage("x"))


def test_addresses_fold(bus: Running) -> None:
    with bus.client("orders-sender") as client, client.get_queue_sender("ORDERS") as sender:
        sender.send_messages(ServiceBusMessage("x"))
    with bus.client("orders-receiver") as client:
        receive_from_queue(client)


def test_a_link_is_on_record_with_the_role_that_allowed_it(bus: Running) -> None:
    with bus.client("red-receiver") as client:
        receive_from_subscription(client)
    last = next(each for each in reversed(bus.records()) if each.identity == "red-receiver")
    assert last.operation == "AttachReceiver"
    assert last.role == "Azure Service Bus Data Receiver"
    assert last.scope == f"{BUS}/topics/events/subscriptions/red"


def test_peeking_takes_the_right_to_receive(bus: Running) -> None:
    with bus.client("orders-receiver") as client:
        assert client.get_queue_receiver("orders").peek_messages() == []
    with bus.client("orders-sender") as client, pytest.raises(ServiceBusError):
        client.get_queue_receiver("orders").peek_messages()
