"""Unsupported features: refused so that an SDK raises the sentence at once."""

from collections.abc import Callable
from typing import Any

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


def rules(bus: Running, subscription: str, **page: int) -> Any:
    """Return the status and the rules in `$management`'s reply for a subscription."""
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "events")
        node = f"events/subscriptions/{subscription}/$management"
        operation = {"operation": "com.microsoft:enumerate-rules"}
        reply = peer.ask(node, operation, {"top": 100, "skip": 0} | page)
    return reply.code, reply.body and reply.body["rules"]


def test_the_rules_of_a_subscription_can_be_read(bus: Running) -> None:
    code, found = rules(bus, "cheap")
    described = [each["rule-description"] for each in found]
    assert code == 200
    assert [int(each.descriptor) for each in described] == [0x13700000004] * 2
    names = [str(each.value[2]) for each in described]
    assert sorted(names) == ["cheap", "free"]
    texts = {str(each.value[2]): str(each.value[0].value[0]) for each in described}
    assert texts["free"] == "price = 0"


def test_a_correlation_filter_names_what_it_wants(bus: Running) -> None:
    _, [rule] = rules(bus, "red")
    wanted, action, name = rule["rule-description"].value
    assert (int(wanted.descriptor), int(action.descriptor)) == (0x1370000009, 0x13700000005)
    assert str(name) == "red"
    assert [each and str(each) for each in wanted.value[:8]] == [None] * 4 + ["red"] + [None] * 3


def test_rules_come_in_pages(bus: Running) -> None:
    assert [len(rules(bus, "cheap", skip=skip, top=1)[1] or ()) for skip in (0, 1, 2)] == [1, 1, 0]
    assert rules(bus, "cheap", skip=2)[0] == 204


def test_only_a_subscription_has_rules(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        asked = {"operation": "com.microsoft:enumerate-rules"}
        assert peer.ask("orders/$management", asked, {"top": 1, "skip": 0}).code == STATUS


def test_reading_rules_takes_the_right_to_receive(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        path = "events/subscriptions/red"
        peer.put_as("red-sender", path)
        asked = {"operation": "com.microsoft:enumerate-rules"}
        assert peer.ask(f"{path}/$management", asked, {"top": 1, "skip": 0}).code == 401
        peer.put_as("red-receiver", path)
        assert peer.ask(f"{path}/$management", asked, {"top": 1, "skip": 0}).code == 200


def test_the_page_has_the_table_that_the_sandbox_goes_by() -> None:
    page = PAGE.read_text()
    assert with_table(page) == page
