"""Unsupported features: refused so that an SDK raises the sentence at once."""

from collections.abc import Callable

import pytest
from azure.servicebus import ServiceBusClient
from azure.servicebus.exceptions import ServiceBusError

from sandbox.servicebus.unsupported import CONDITION, REQUESTS, STATUS
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.unsupported_table import PAGE, with_table


def receive_a_session(client: ServiceBusClient) -> None:
    with client.get_queue_receiver("orders", session_id="s") as receiver:
        receiver.receive_messages(max_wait_time=1)


def receive_without_a_session(client: ServiceBusClient) -> None:
    with client.get_queue_receiver("visits") as receiver:
        receiver.receive_messages(max_wait_time=1)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (receive_a_session, "does not require sessions"),
        (receive_without_a_session, "requires sessions to create a non-sessionful"),
    ],
)
def test_the_sdk_for_python_raises_the_sentence_and_does_not_try_again(
    bus: Running, ask: Callable[[ServiceBusClient], None], says: str
) -> None:
    with bus.client("owner", retry_total=3) as client, pytest.raises(ServiceBusError) as raised:
        ask(client)
    assert says in str(raised.value)
    assert CONDITION in str(raised.value)
    assert raised.value._retryable is False


OPERATIONS = [operation for each in REQUESTS for operation in each.on_the_wire]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_request_is_refused_by_a_status_that_no_sdk_tries_again(
    bus: Running, operation: str
) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        reply = peer.ask("orders/$management", {"operation": operation}, {})
    assert (reply.code, reply.condition) == (STATUS, CONDITION)
    assert "The sandbox does not support" in reply.description


def test_the_page_has_the_table_that_the_sandbox_goes_by() -> None:
    page = PAGE.read_text()
    assert with_table(page) == page
