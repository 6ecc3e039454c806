"""The management client of azure-servicebus, unmodified, against one bus."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring

import pytest
import requests
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.servicebus import ServiceBusClient, ServiceBusMessage, TransportType
from azure.servicebus.exceptions import (
    ServiceBusAuthenticationError,
    ServiceBusConnectionError,
    ServiceBusError,
)
from azure.servicebus.management import (
    CorrelationRuleFilter,
    ServiceBusAdministrationClient,
    SqlRuleAction,
    SqlRuleFilter,
)

from sandbox.audit import Record
from sandbox.servicebus.administration.xml import ATOM
from tests.sandbox.servicebus.harness import Credential, Running, authority, trust
from tests.sandbox.servicebus.world import BUS, PRINCIPALS

Client = ServiceBusAdministrationClient


@pytest.fixture
def ca(tmp_path: Path) -> str:
    authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def client(bus: Running, ca: str, who: str) -> Client:
    return ServiceBusAdministrationClient(
        f"127.0.0.1:{bus.ports[TransportType.AmqpOverWebsocket]}",
        Credential(PRINCIPALS[who]),
        connection_verify=ca,
        retry_total=0,
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A bus of its own, whose entities the test may change."""
    folder = tmp_path / "bus"
    folder.mkdir()
    with Running(folder) as bus:
        yield bus


@pytest.fixture
def owner(running: Running, ca: str) -> Client:
    return client(running, ca, "owner")


def managed(bus: Running) -> list[Record]:
    return [each for each in bus.records() if each.operation.endswith(("Queue", "Entity", "Rule"))]


def test_a_queue_is_created_used_counted_updated_and_deleted(
    running: Running, owner: Client
) -> None:
    made = owner.create_queue("made", lock_duration="PT5S", user_metadata="<of> & 'ours'")
    assert (made.lock_duration, made.user_metadata) == (timedelta(seconds=5), "<of> & 'ours'")
    with running.client("owner") as sdk, sdk.get_queue_sender("made") as sender:
        sender.send_messages([ServiceBusMessage("a"), ServiceBusMessage("b")])
    counted = owner.get_queue_runtime_properties("made")
    assert counted.active_message_count == counted.total_message_count == 2
    made.max_delivery_count = 3
    owner.update_queue(made)
    assert owner.get_queue("made").max_delivery_count == 3
    assert owner.get_queue_runtime_properties("made").active_message_count == 2
    owner.delete_queue("made")
    with pytest.raises(ResourceNotFoundError):
        owner.get_queue("made")
    with (
        running.client("owner") as sdk,
        pytest.raises(ServiceBusError),
        sdk.get_queue_receiver("made") as receiver,
    ):
        receiver.peek_messages()


def test_a_topic_has_subscriptions_and_these_have_rules(running: Running, owner: Client) -> None:
    owner.create_topic("news")
    owner.create_subscription("news", "cheap")
    owner.create_rule("news", "cheap", "below", filter=SqlRuleFilter("price < @most", {"@most": 5}))
    owner.create_rule(
        "news", "cheap", "red", filter=CorrelationRuleFilter(label="red", properties={"size": 2})
    )
    owner.delete_rule("news", "cheap", "$Default")
    with running.client("owner") as sdk, sdk.get_topic_sender("news") as sender:
        for price, label, size in ((3, "blue", 1), (9, "red", 2), (9, "red", 3)):
            properties: dict[str | bytes, Any] = {"price": price, "size": size}
            sender.send_messages(
                ServiceBusMessage(
                    f"{price} {size}", subject=label, application_properties=properties
                )
            )
    with (
        running.client("owner") as sdk,
        sdk.get_subscription_receiver("news", "cheap") as receiver,
    ):
        assert [str(each) for each in receiver.receive_messages(3, 2)] == ["3 1", "9 2"]
    topic = owner.get_topic_runtime_properties("news")
    assert topic.subscription_count == 1
    assert (topic.sql_filter_count, topic.correlation_filter_count) == (1, 1)
    assert {each.name for each in owner.list_rules("news", "cheap")} == {"below", "red"}
    below = owner.get_rule("news", "cheap", "below").filter
    assert isinstance(below, SqlRuleFilter)
    assert (below.sql_expression, below.parameters) == ("price < @most", {"@most": 5})
    owner.delete_topic("news")
    assert "news" not in [each.name for each in owner.list_topics()]


def test_a_new_subscription_passes_every_message(running: Running, owner: Client) -> None:
    owner.create_subscription("events", "new")
    (rule,) = owner.list_rules("events", "new")
    assert rule.name == "$Default"
    with running.client("owner") as sdk, sdk.get_topic_sender("events") as sender:
        sender.send_messages(ServiceBusMessage("a"))
    counted = owner.get_subscription_runtime_properties("events", "new")
    assert counted.active_message_count == 1


def test_a_list_comes_in_pages_by_name(owner: Client) -> None:
    for number in range(7):
        owner.create_queue(f"page/{number}")
    found = [each.name for each in owner.list_queues(max_page_size=3)]
    assert found == sorted(found)
    assert [each for each in found if each.startswith("page")] == [f"page/{n}" for n in range(7)]


@pytest.mark.parametrize("words", [("subscriptions", "rules"), ("Subscriptions", "Rules")])
def test_the_ids_of_an_answer_have_the_case_of_the_request(
    running: Running, ca: str, words: tuple[str, str]
) -> None:
    owner = client(running, ca, "owner")
    owner.create_topic("cased")
    owner.create_subscription("cased", "Red")
    subscriptions, rules = words

    def ids(path: str) -> list[str]:
        found = requests.get(
            f"https://127.0.0.1:{running.ports[TransportType.AmqpOverWebsocket]}/{path}",
            headers={
                "Authorization": f"Bearer {Credential(PRINCIPALS['owner']).get_token().token}"
            },
            verify=ca,
            timeout=20,
        )
        elements = fromstring(found.content).iter(f"{{{ATOM}}}id")  # noqa: S314 (the sandbox wrote it)
        return [urlsplit(each.text or "").path for each in elements]

    below = f"/cased/{subscriptions}"
    rule = f"{below}/Red/{rules}"
    assert ids(f"cased/{subscriptions}") == [below, f"{below}/Red"]
    assert ids(f"cased/{subscriptions}/Red") == [f"{below}/Red"]
    assert ids(f"cased/{subscriptions}/Red/{rules}/") == [rule, f"{rule}/$Default"]
    assert ids(f"cased/{subscriptions}/Red/{rules}/$Default") == [f"{rule}/$Default"]


def test_what_was_made_outlives_a_restart_and_a_deployment_restores_its_own(
    tmp_path: Path, ca: str
) -> None:
    with Running(tmp_path) as bus:
        first = client(bus, ca, "owner")
        first.create_queue("made")
        first.delete_queue("orders")
        orders = first.get_queue("others")
        orders.max_delivery_count = 7
        first.update_queue(orders)
    with Running(tmp_path) as bus:
        again = client(bus, ca, "owner")
        names = [each.name for each in again.list_queues()]
        assert "made" in names
        assert "orders" not in names
        assert again.get_queue("others").max_delivery_count == 7
        deployed = bus.namespace

        async def deploy() -> None:
            bus.bus.deploy(deployed)

        bus.run(deploy())
        assert {"made", "orders"} <= {each.name for each in again.list_queues()}
        assert again.get_queue("others").max_delivery_count == 3


def test_a_deployment_without_room_for_its_drift_changes_nothing(
    running: Running, owner: Client
) -> None:
    orders = owner.get_queue("orders")
    orders.max_delivery_count = 7
    owner.update_queue(orders)

    async def deploy() -> None:
        running.bus.deploy(running.namespace)

    with pytest.MonkeyPatch.context() as patch:
        without_room_for_a_file(running, patch)
        with pytest.raises(OSError, match="No space left"):
            running.run(deploy())
    assert owner.get_queue("orders").max_delivery_count == 7
    running.run(deploy())
    assert owner.get_queue("orders").max_delivery_count == 3


def test_the_namespace_says_its_tier(owner: Client) -> None:
    found = owner.get_namespace_properties()
    assert (found.messaging_sku, found.name) == ("Standard", "sb-test")


def test_no_narrower_role_manages_anything(bus: Running, ca: str) -> None:
    for who in ("orders-sender", "orders-receiver", "contributor", "namespace-sender"):
        asking = client(bus, ca, who)
        for ask in (asking.get_queue, asking.delete_queue):
            with pytest.raises(ClientAuthenticationError, match=r"claims required") as refused:
                ask("orders")
            assert refused.value.status_code == 401
        with pytest.raises(ClientAuthenticationError, match="Manage,EntityWrite"):
            asking.create_queue("another")
        with pytest.raises(ClientAuthenticationError, match="Manage,EntityRead"):
            list(asking.list_queues())
        denied = managed(bus)[-3:]
        assert {each.outcome for each in denied} == {"denied"}
        assert {each.identity for each in denied} == {who}
    assert client(bus, ca, "owner").get_queue("orders").name == "orders"


def test_the_audit_has_each_change_on_the_scope_that_decided(
    running: Running, owner: Client
) -> None:
    owner.create_queue("made")
    owner.delete_queue("made")
    allowed = {(each.operation, each.scope) for each in managed(running)}
    assert allowed == {("CreateEntity", BUS), ("DeleteQueue", f"{BUS}/queues/made")}


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("made", {"lock_duration": timedelta(days=25)}, "allowed maximum of '5' minutes"),
        ("made", {"lock_duration": timedelta(minutes=-1)}, "must be positive"),
        ("made", {"lock_duration": timedelta()}, "must be positive"),
        ("made", {"default_message_time_to_live": timedelta(minutes=-1)}, "between 00:00:01 and"),
        (
            "made",
            {"duplicate_detection_history_time_window": timedelta(minutes=-1)},
            "between 00:00:20 and",
        ),
        ("made", {"auto_delete_on_idle": timedelta(minutes=-1)}, "does not offer AutoDeleteOnIdle"),
        ("made", {"forward_to": "orders"}, "does not offer ForwardTo"),
        ("made", {"auto_delete_on_idle": timedelta(minutes=10)}, "does not offer AutoDeleteOnIdle"),
        ("-made", {}, "not a valid name"),
        ("made", {"max_delivery_count": 0}, "must be positive"),
    ],
)
def test_a_setting_that_azure_or_the_sandbox_refuses_creates_nothing(
    name: str, settings: dict[str, object], said: str, bus: Running, ca: str
) -> None:
    owner = client(bus, ca, "owner")
    with pytest.raises(HttpResponseError, match=said) as refused:
        owner.create_queue(name, **settings)  # type: ignore[arg-type]
    assert refused.value.status_code == 400
    assert name not in [each.name for each in owner.list_queues()]


def test_an_action_of_a_rule_is_refused_by_name(bus: Running, ca: str) -> None:
    with pytest.raises(HttpResponseError, match="does not offer actions of rules"):
        client(bus, ca, "owner").create_rule(
            "events", "red", "changed", action=SqlRuleAction("SET a = 1")
        )


def without_room_for_a_file(bus: Running, patch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr(bus.bus.entities, "_keep", fail)


def without_room_for_a_row(bus: Running, patch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    patch.setattr(bus.bus._store, "queue", fail)


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (without_room_for_a_file, "stored: No space left on device. Nothing has changed"),
        (without_room_for_a_row, "database or disk is full. Nothing has changed"),
    ],
)
def test_a_full_disk_changes_nothing_and_the_client_may_try_again(
    running: Running,
    owner: Client,
    fill: Callable[[Running, pytest.MonkeyPatch], None],
    said: str,
) -> None:
    with running.client("owner") as sdk, sdk.get_queue_sender("orders") as sender:
        sender.send_messages(ServiceBusMessage("a"))
    with pytest.MonkeyPatch.context() as patch:
        fill(running, patch)
        with pytest.raises(HttpResponseError, match=said) as refused:
            owner.create_queue("made")
        assert refused.value.status_code == 503
    assert "made" not in [each.name for each in owner.list_queues()]
    owner.create_queue("made")
    assert owner.get_queue_runtime_properties("orders").active_message_count == 1


def test_a_filter_that_is_not_understood_is_refused_and_changes_nothing(
    bus: Running, ca: str
) -> None:
    owner = client(bus, ca, "owner")
    for sql in ("a ==== b", "a = @missing"):
        with pytest.raises(HttpResponseError) as refused:
            owner.create_rule("events", "red", "wrong", filter=SqlRuleFilter(sql))
        assert refused.value.status_code == 400
    assert [each.name for each in owner.list_rules("events", "red")] == ["red"]


def test_what_exists_is_not_created_again_and_what_is_missing_not_deleted(
    bus: Running, ca: str
) -> None:
    owner = client(bus, ca, "owner")
    for create in (owner.create_queue, owner.create_topic):
        with pytest.raises(ResourceExistsError, match="SubCode=40900"):
            create("orders")
    with pytest.raises(ResourceExistsError):
        owner.create_subscription("events", "red")
    for delete, names in (
        (owner.delete_queue, ("none",)),
        (owner.delete_subscription, ("events", "none")),
        (owner.delete_rule, ("events", "red", "none")),
        (owner.create_subscription, ("none", "any")),
    ):
        with pytest.raises(ResourceNotFoundError):
            delete(*names)
    for get, names in ((owner.get_queue, ("none",)), (owner.get_subscription, ("events", "none"))):
        with pytest.raises(ResourceNotFoundError):
            get(*names)


def test_sessions_and_duplicates_are_for_good(running: Running, owner: Client) -> None:
    made = owner.create_queue("made")
    for name in ("requires_session", "requires_duplicate_detection"):
        setattr(made, name, True)
        with pytest.raises(HttpResponseError, match="existing Queue cannot be changed"):
            owner.update_queue(made)
        setattr(made, name, False)


def test_lists_have_settings_and_figures(running: Running, owner: Client) -> None:
    with running.client("owner") as sdk, sdk.get_topic_sender("events") as sender:
        sender.send_messages(ServiceBusMessage("a", subject="red"))
    assert {each.name for each in owner.list_queues_runtime_properties()} >= {"orders", "once"}
    topics = {each.name: each for each in owner.list_topics_runtime_properties()}
    assert topics["events"].subscription_count == 3
    assert {each.name for each in owner.list_subscriptions("events")} == {
        "everything",
        "red",
        "cheap",
    }
    figures = {
        each.name: each.active_message_count
        for each in owner.list_subscriptions_runtime_properties("events")
    }
    assert figures == {"everything": 1, "red": 1, "cheap": 0}


def test_a_topic_a_subscription_and_a_rule_are_updated(running: Running, owner: Client) -> None:
    topic = owner.create_topic("news")
    topic.user_metadata = "changed"
    owner.update_topic(topic)
    assert owner.get_topic("news").user_metadata == "changed"
    subscription = owner.create_subscription("news", "all")
    subscription.max_delivery_count = 3
    owner.update_subscription("news", subscription)
    assert owner.get_subscription("news", "all").max_delivery_count == 3
    rule = owner.get_rule("news", "all", "$Default")
    rule.filter = SqlRuleFilter("price < 5")
    owner.update_rule("news", "all", rule)
    with running.client("owner") as sdk, sdk.get_topic_sender("news") as sender:
        for price in (3, 9):
            sender.send_messages(ServiceBusMessage("x", application_properties={"price": price}))
    assert owner.get_subscription_runtime_properties("news", "all").active_message_count == 1


def test_a_connection_string_opens_nothing(bus: Running, ca: str) -> None:
    named = "SharedAccessKeyName=any;SharedAccessKey"
    own = f"Endpoint=sb://127.0.0.1:{bus.ports[TransportType.AmqpOverWebsocket]}/;{named}="
    with pytest.raises(ClientAuthenticationError):
        list(
            ServiceBusAdministrationClient.from_connection_string(
                f"{own}none", connection_verify=ca, retry_total=0
            ).list_queues()
        )
    with (
        ServiceBusClient.from_connection_string(
            f"Endpoint=sb://{bus.namespace.host}/;{named}=none",
            custom_endpoint_address=f"sb://127.0.0.1:{bus.ports[TransportType.Amqp]}",
            transport_type=TransportType.Amqp,
            ssl_context=trust(),
            retry_total=0,
        ) as sdk,
        pytest.raises((ServiceBusAuthenticationError, ServiceBusConnectionError)),
        sdk.get_queue_sender("orders") as sender,
    ):
        sender.send_messages(ServiceBusMessage("a"))
