"""Each action at each scope: denied to who lacks it, and the same request allowed to who has it."""

from collections.abc import Callable

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
from tests.sandbox.servicebus.harness import Running, at_once
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


ROWS: list[tuple[Request, list[str], list[str], str, str]] = [
    (
        send_to_queue,
        ["orders-sender", "namespace-sender", "owner"],
        ["orders-receiver", "others-sender", "events-sender", "contributor", "stranger"],
        "'Send' claim(s)",
        "sb://sb-test.servicebus.windows.net/orders",
    ),
    (
        receive_from_queue,
        ["orders-receiver", "namespace-receiver", "group-receiver", "owner"],
        ["orders-sender", "others-receiver", "events-receiver", "contributor", "stranger"],
        "'Listen' claim(s)",
        "sb://sb-test.servicebus.windows.net/orders",
    ),
    (
        receive_dead_letters,
        ["orders-receiver", "namespace-receiver"],
        ["orders-sender", "others-receiver", "stranger"],
        "'Listen' claim(s)",
        "sb://sb-test.servicebus.windows.net/orders/$deadletterqueue",
    ),
    (
        send_to_topic,
        ["events-sender", "namespace-sender"],
        ["red-sender", "events-receiver", "orders-sender", "stranger"],
        "'Send' claim(s)",
        "sb://sb-test.servicebus.windows.net/events",
    ),
    (
        receive_from_subscription,
        ["red-receiver", "events-receiver", "namespace-receiver"],
        ["red-sender", "events-sender", "orders-receiver", "stranger"],
        "'Listen' claim(s)",
        "sb://sb-test.servicebus.windows.net/events/subscriptions/red",
    ),
    (
        receive_dead_letters_of_subscription,
        ["red-receiver"],
        ["events-sender", "others-receiver"],
        "'Listen' claim(s)",
        "sb://sb-test.servicebus.windows.net/events/subscriptions/red/$deadletterqueue",
    ),
]


@pytest.mark.parametrize(
    ("request_", "allowed", "denied", "claim", "resource"),
    ROWS,
    ids=[row[0].__name__ for row in ROWS],
)
def test_a_right_opens_its_link_and_no_other(
    bus: Running,
    request_: Request,
    allowed: list[str],
    denied: list[str],
    claim: str,
    resource: str,
) -> None:
    def refused(name: str) -> None:
        with bus.client(name) as client, pytest.raises(ServiceBusError) as refusal:
            request_(client)
        assert claim in str(refusal.value), name
        assert f"Resource: '{resource}'" in str(refusal.value), name
        assert outcomes(bus, name)[-1] is Outcome.DENIED

    def admitted(name: str) -> None:
        with bus.client(name) as client:
            request_(client)
        assert outcomes(bus, name)[-1] is Outcome.ALLOWED

    at_once(refused, denied)
    at_once(admitted, allowed)
    with bus.client("owner") as client:
        receive_from_queue(client)


def outcomes(bus: Running, name: str) -> list[Outcome]:
    """What the audit says of somebody, so far."""
    return [each.outcome for each in bus.records() if each.identity == name]


@pytest.mark.parametrize("transport", list(TransportType))
def test_the_sdk_takes_a_denial_for_one(bus: Running, transport: TransportType) -> None:
    """On both transports, and for senders too, whose attach Azure refuses as it does receivers'."""
    with bus.client("stranger", transport) as client:
        with pytest.raises(ServiceBusAuthorizationError):
            receive_from_queue(client)
        with pytest.raises(ServiceBusAuthorizationError):
            send_to_queue(client)


def test_what_is_not_there_is_told_to_who_has_the_namespace_only(bus: Running) -> None:
    for name, error in (
        ("owner", MessagingEntityNotFoundError),
        ("orders-receiver", ServiceBusAuthorizationError),
    ):
        with (
            bus.client(name) as client,
            pytest.raises(error),
            client.get_queue_receiver("nowhere"),
        ):
            pass


def test_a_topic_is_not_received_from(bus: Running) -> None:
    with bus.client("owner") as client, pytest.raises(MessagingEntityNotFoundError):
        client.get_queue_receiver("events").receive_messages(max_wait_time=1)


@pytest.mark.parametrize("where", ["events/Subscriptions/red", "orders/$DeadLetterQueue"])
def test_nobody_sends_to_a_subscription_or_to_dead_letters(bus: Running, where: str) -> None:
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
