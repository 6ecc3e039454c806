"""The address of a request, from its path."""

import pytest

from sandbox.servicebus.administration.address import Address, Kind, address_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders", Address(Kind.ENTITY, "orders")),
        ("/tenant/orders/", Address(Kind.ENTITY, "tenant/orders")),
        ("/subscriptions", Address(Kind.ENTITY, "subscriptions")),
        ("/events/Subscriptions", Address(Kind.SUBSCRIPTIONS, "events")),
        ("/a/b/subscriptions/red", Address(Kind.SUBSCRIPTION, "a/b", "red")),
        ("/events/subscriptions/red/rules", Address(Kind.RULES, "events", "red")),
        (
            "/events/subscriptions/red/Rules/$Default",
            Address(Kind.RULE, "events", "red", "$Default"),
        ),
        ("/messages", Address(Kind.ENTITY, "messages")),
        ("/t/subscriptions/messages", Address(Kind.SUBSCRIPTION, "t", "messages")),
        ("/$Resources/queues", Address(Kind.QUEUES)),
        ("/$resources/Topics", Address(Kind.TOPICS)),
        ("/$namespaceinfo", Address(Kind.NAMESPACE)),
    ],
)
def test_a_path_leads_to_an_entity_or_a_list(path: str, expected: Address) -> None:
    assert address_of(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/orders//other",
        "/orders/messages",
        "/orders/messages/head",
        "/events/subscriptions/red/messages/head",
        "/$Resources/rules",
        "/$management",
        "/events/subscriptions/red/other",
        "/events/subscriptions/red/rules/one/two",
    ],
)
def test_any_other_path_leads_nowhere(path: str) -> None:
    assert address_of(path) is None


def test_the_path_of_an_address_is_that_of_its_entry() -> None:
    assert Address(Kind.RULE, "t", "s", "r").path == "t/subscriptions/s/rules/r"


@pytest.mark.parametrize(
    "path",
    [
        "t/Subscriptions",
        "t/subscriptions",
        "t/Subscriptions/s",
        "t/Subscriptions/s/rules",
        "t/Subscriptions/s/Rules/r",
        "subscriptions/t/subscriptions/S/RULES/rules",
    ],
)
def test_the_path_of_a_request_is_repeated_in_its_case(path: str) -> None:
    address = address_of(path)
    assert address is not None
    assert address.path == path
