"""Addresses, the entities that they lead to, and the scopes of their roles."""

import pytest

from sandbox.servicebus.name import (
    ATTACH_MANAGEMENT,
    ATTACH_RECEIVER,
    ATTACH_SENDER,
    RECEIVE,
    SEND,
    Directory,
    EntityKind,
    NamedLink,
    Operation,
)
from tests.sandbox.servicebus.world import BUS, NAMESPACE

DIRECTORY = Directory(NAMESPACE)
QUEUE, TOPIC, SUBSCRIPTION = EntityKind.QUEUE, EntityKind.TOPIC, EntityKind.SUBSCRIPTION


@pytest.mark.parametrize(
    ("address", "kind", "scope", "dead", "management"),
    [
        ("orders", QUEUE, "queues/orders", False, False),
        ("/Orders/", QUEUE, "queues/orders", False, False),
        ("amqps://sb-test.servicebus.windows.net/orders", QUEUE, "queues/orders", 0, 0),
        (
            "sb://SB-TEST.servicebus.windows.net:5671/ORDERS",
            QUEUE,
            "queues/orders",
            0,
            0,
        ),
        ("orders/$DeadLetterQueue", QUEUE, "queues/orders", True, False),
        ("orders/$management", QUEUE, "queues/orders", False, True),
        ("orders/$deadletterqueue/$management", QUEUE, "queues/orders", True, True),
        ("events", TOPIC, "topics/events", False, False),
        (
            "events/Subscriptions/RED",
            SUBSCRIPTION,
            "topics/events/subscriptions/red",
            False,
            False,
        ),
        (
            "events/subscriptions/red/$DeadLetterQueue",
            SUBSCRIPTION,
            "topics/events/subscriptions/red",
            True,
            False,
        ),
    ],
)
def test_an_address_leads_to_its_entity(
    address: str, kind: EntityKind, scope: str, *, dead: bool, management: bool
) -> None:
    node = DIRECTORY.node(address)
    assert (node.kind, node.scope) == (kind, f"{BUS}/{scope}")
    assert (node.is_dead_letters, node.is_management) == (bool(dead), bool(management))


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
def test_an_address_of_no_entity_has_the_namespace_as_its_scope(address: str) -> None:
    """So only a caller with a role on the namespace learns that an entity is missing."""
    node = DIRECTORY.node(address)
    assert (node.kind, node.scope) == (EntityKind.MISSING, BUS)


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


@pytest.mark.parametrize(
    ("operation", "actions"),
    [
        (ATTACH_RECEIVER, [RECEIVE]),
        (ATTACH_SENDER, [SEND]),
        (ATTACH_MANAGEMENT, [RECEIVE, SEND]),
    ],
)
def test_an_operation_needs_its_action_on_the_entity(
    operation: Operation, actions: list[str]
) -> None:
    named = NamedLink(DIRECTORY.node("orders/$DeadLetterQueue"), operation)
    (requirement,) = named.requirements
    assert [each.name for each in requirement.any_of] == actions
    assert requirement.scope == f"{BUS}/queues/orders"
