"""The tables of docs/bus-methods.md are of the SDK as it is, and a test stands behind each row."""

import pytest

from tests.sandbox.servicebus.client_table import (
    CLIENTS,
    METHODS,
    OPTIONS,
    PAGE,
    REFUSED,
    TAKEN,
    calling_tests,
    methods,
    options,
    public,
    with_tables,
)


def test_the_page_has_the_tables() -> None:
    expected = "run python -m tests.sandbox.servicebus.client_table"
    assert PAGE.read_text("utf-8") == with_tables(PAGE.read_text("utf-8")), expected


def test_each_method_of_the_sdk_is_known() -> None:
    assert set(methods()) == METHODS.keys()


def test_each_option_of_the_sdk_is_known_as_taken_or_otherwise() -> None:
    assert options() == {*TAKEN, *OPTIONS}
    assert not TAKEN & OPTIONS.keys()


@pytest.mark.parametrize(("client", "other"), CLIENTS, ids=lambda each: str(each.__module__))
def test_the_clients_for_asyncio_have_the_same_methods(client: type, other: type) -> None:
    assert public(client) - public(other) <= {"next"}


def test_a_test_calls_each_method_that_works() -> None:
    assert [each for each in METHODS if each.partition(".")[2] not in calling_tests()] == []
    assert REFUSED.keys() <= METHODS.keys()
