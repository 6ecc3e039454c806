"""Which entity an address means, and where its roles are looked for."""

import pytest

from sandbox.servicebus.name import RECEIVE, SEND, Directory, Kind, Purpose
from tests.sandbox.servicebus.world import BUS, NAMESPACE

DIRECTORY = Directory(NAMESPACE)


@pytest.mark.parametrize(
    ("address", "kind", "scope", "dead", "management"),
    [
        ("orders", Kind.QUEUE, "queues/orders", False, False),
        ("/Orders/", Kind.QUEUE, "queues/orders", False, False),
        ("amqps://sb-test.servicebus.windows.net/orders", Kind.QUEUE, "queues/orders", 0, 0),
        ("sb://SB-TEST.servicebus.windows.net:5671/ORDERS", Kind.QUEUE, "queues/orders", 0, 0),
        ("orders/$DeadLetterQueue", Kind.QUEUE, "queues/orders", True, False),
        ("orders/$management", Kind.QUEUE, "queues/orders", False, True),
        ("orders/$deadletterqueue/$management", Kind.QUEUE, "queues/orders", True, True),
        ("events", Kind.TOPIC, "topics/events", False, False),
        (
            "events/Subscriptions/RED",
            Kind.SUBSCRIPTION,
            "topics/events/subscriptions/red",
            False,
            False,
        ),
        (
            "events/subscriptions/red/$DeadLetterQueue",
            Kind.SUBSCRIPTION,
            "topics/events/subscriptions/red",
            True,
            False,
        ),
    ],
)
def test_an_address_leads_to_its_entity(
    address: str, kind: Kind, scope: str, *, dead: bool, management: bool
) -> None:
    node = DIRECTORY.node(address)
    assert (node.kind, node.scope) == (kind, f"{BUS}/{scope}")
    assert (node.dead, node.management) == (bool(dead), bool(management))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "nowhere",
        "orders/x",
        "orders/../others",
        "orders%2F..%2Fothers",
        "orders//others",
        "events/red",
        "events/subscriptions",
        "events/subscriptions/none",
        "orders/subscriptions/red",
        "$management",
        "orders/$deadletterqueue/$deadletterqueue",
        "orders/$management/$deadletterqueue",
        "amqps://other.servicebus.windows.net/orders",
        "amqps://sb-test.servicebus.windows.net.evil.example/orders",
        "amqps://sb-test.servicebus.windows.net@evil.example/orders",
        "sb://sb-test.servicebus.windows.net/orders?x=1",
        "sb://sb-test.servicebus.windows.net/orders#x",
        "sb://[/orders",
    ],
)
def test_what_leads_nowhere_is_looked_for_at_the_namespace(address: str) -> None:
    """So only who may use the whole namespace learns that there is nothing."""
    node = DIRECTORY.node(address)
    assert (node.kind, node.scope) == (Kind.NOTHING, BUS)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "orders",
        "orders/$deadletterqueue",
        "orders/$management",
        "events/subscriptions/red",
        "events/subscriptions/red/$deadletterqueue/$management",
    ],
)
def test_the_namespace_and_what_is_in_it_are_known(path: str) -> None:
    assert DIRECTORY.knows(path)


@pytest.mark.parametrize("path", ["nowhere", "nowhere/$management", "events/subscriptions/none"])
def test_nothing_else_is_known(path: str) -> None:
    assert not DIRECTORY.knows(path)


def test_a_purpose_needs_its_action_on_the_entity() -> None:
    node = DIRECTORY.node("orders/$DeadLetterQueue")
    assert [each.name for each in node.need(Purpose.LISTEN).any_of] == [RECEIVE]
    assert [each.name for each in node.need(Purpose.SEND).any_of] == [SEND]
    assert [each.name for each in node.need(Purpose.MANAGE).any_of] == [RECEIVE, SEND]
    assert node.need(Purpose.LISTEN).scope == f"{BUS}/queues/orders"
