"""Rules over AMQP: `$management` lists, adds and removes those of a subscription."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from azure.servicebus import ServiceBusMessage
from proton import timestamp
from proton.utils import LinkDetached

from sandbox.servicebus.unsupported import STATUS
from tests.sandbox.servicebus.administration.test_management import without_room_for_a_file
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.peer import Peer

SUBSCRIPTION = "events/subscriptions/everything"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Running]:
    """A bus of its own, whose rules the test may change."""
    with Running(tmp_path) as bus:
        yield bus


def change(bus: Running, who: str, verb: str, name: str, **description: Any) -> Any:
    """Ask for a change of a rule, and return the reply."""
    fields: dict[str, Any] = {"rule-name": name}
    if verb == "add-rule":
        fields["rule-description"] = {
            key.replace("_", "-"): each for key, each in description.items()
        }
    with Peer(bus.plain_port) as peer:
        peer.put_as(who, SUBSCRIPTION)
        operation = {"operation": f"com.microsoft:{verb}"}
        return peer.ask(f"{SUBSCRIPTION}/$management", operation, fields)


def names(bus: Running) -> set[str]:
    return {str(each["rule-description"].value[2]) for each in rules(bus, "everything")[1]}


def test_a_rule_is_added_and_removed_while_it_runs(own: Running) -> None:
    added = change(own, "events-receiver", "add-rule", "low", sql_filter={"expression": "a < 3"})
    assert added.code == 200
    red = {"label": "red", "properties": {"size": 2, "fits": True}}
    assert change(own, "owner", "add-rule", "red", correlation_filter=red).code == 200
    assert change(own, "owner", "remove-rule", "everything").code == 200
    assert names(own) == {"low", "red"}
    with own.client("owner") as sdk, sdk.get_topic_sender("events") as sender:
        sender.send_messages(
            [
                ServiceBusMessage("low", application_properties={"a": 1}),
                ServiceBusMessage("high", application_properties={"a": 5}),
                ServiceBusMessage(
                    "red", subject="red", application_properties={"size": 2, "fits": True}
                ),
            ]
        )
    with (
        own.client("owner") as sdk,
        sdk.get_subscription_receiver("events", "everything") as receiver,
    ):
        assert [str(each) for each in receiver.receive_messages(3, 2)] == ["low", "red"]


def test_a_rule_compares_a_time_and_the_session_of_the_reply(own: Running) -> None:
    at = datetime(2000, 1, 1, 0, 0, 0, 9000, tzinfo=UTC)
    wanted = {"reply-to-session-id": "s-1", "properties": {"at": timestamp(946684800009)}}
    assert change(own, "owner", "add-rule", "timed", correlation_filter=wanted).code == 200
    assert change(own, "owner", "remove-rule", "everything").code == 200
    _, [rule] = rules(own, "everything")
    fields = rule["rule-description"].value[0].value
    assert str(fields[6]) == "s-1"
    assert (type(fields[8]["at"]), fields[8]["at"]) == (timestamp, 946684800009)
    with own.client("owner") as sdk, sdk.get_topic_sender("events") as sender:
        sender.send_messages(
            [
                ServiceBusMessage(
                    name,
                    reply_to_session_id=session,
                    application_properties=cast("dict[str | bytes, Any]", {"at": time}),
                )
                for name, session, time in (
                    ("both", "s-1", at),
                    ("other session", "s-2", at),
                    ("other time", "s-1", at + timedelta(milliseconds=1)),
                )
            ]
        )
    with (
        own.client("owner") as sdk,
        sdk.get_subscription_receiver("events", "everything") as receiver,
    ):
        assert [str(each) for each in receiver.receive_messages(3, 2)] == ["both"]


def test_a_rule_that_exists_or_is_missing_has_azures_status(bus: Running) -> None:
    there = change(bus, "owner", "add-rule", "Everything", sql_filter={"expression": "1=1"})
    assert (there.code, there.condition) == (409, "com.microsoft:entity-already-exists")
    assert "sb-test:Topic:events|everything|Everything' already exists" in there.description
    gone = change(bus, "owner", "remove-rule", "none")
    assert (gone.code, gone.condition) == (404, "amqp:not-found")
    assert names(bus) == {"everything"}


@pytest.mark.parametrize(
    "description",
    [
        {"sql_filter": {"expression": "a ==== b"}},
        {"sql_filter": {"expression": ""}},
        {"sql_filter": "a = 1"},
        {"correlation_filter": {}},
        {"correlation_filter": {"properties": {"a": [1]}}},
        {"correlation_filter": {"properties": {"a": timestamp(1 << 62)}}},
        {"sql_filter": {"expression": "1=1"}, "sql_rule_action": {"expression": "SET a = 1"}},
    ],
)
def test_a_rule_that_is_not_understood_changes_nothing(
    description: dict[str, Any], bus: Running
) -> None:
    reply = change(bus, "owner", "add-rule", "wrong", **description)
    assert (reply.code, reply.condition) == (400, "com.microsoft:argument-error")
    assert names(bus) == {"everything"}


def test_a_full_disk_changes_no_rule_and_the_client_may_try_again(own: Running) -> None:
    low = {"sql_filter": {"expression": "a < 3"}}
    with pytest.MonkeyPatch.context() as patch:
        without_room_for_a_file(own, patch)
        reply = change(own, "owner", "add-rule", "low", **low)
    assert (reply.code, reply.condition) == (503, "com.microsoft:server-busy")
    assert names(own) == {"everything"}
    assert change(own, "owner", "add-rule", "low", **low).code == 200


def test_changing_rules_takes_the_right_to_receive_and_no_other(own: Running) -> None:
    sql = {"sql_filter": {"expression": "a = 1"}}
    assert change(own, "events-sender", "add-rule", "low", **sql).code == 401
    with pytest.raises(LinkDetached, match="Listen"):
        change(own, "contributor", "add-rule", "low", **sql)
    assert names(own) == {"everything"}
    assert change(own, "events-receiver", "add-rule", "low", **sql).code == 200


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
