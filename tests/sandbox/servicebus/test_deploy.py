"""A bus takes another deployment while it runs: nothing of the entities that stay is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusReceiver
from azure.servicebus.exceptions import ServiceBusError

from sandbox.deployment import EntitySettings, Namespace, Rule
from sandbox.rbac import Policy
from sandbox.servicebus.serve.rules import RuleError
from sandbox.servicebus.serve.settlement import Abandon, Complete
from tests.sandbox.servicebus.broker import Setup, take
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.messages import message
from tests.sandbox.servicebus.world import (
    ASSIGNMENTS,
    NAMESPACE,
    PRINCIPALS,
    SETTINGS,
    queue,
    topic,
)

EVERYTHING = (Rule("everything", sql="1=1"),)


def deployed(
    *queues: str, settings: EntitySettings = SETTINGS, **rules: tuple[Rule, ...]
) -> Namespace:
    """Return a namespace with these queues, and a topic `t` with these subscriptions."""
    topics = (topic("t", SETTINGS, SETTINGS, **rules),) if rules else ()
    return replace(NAMESPACE, queues=tuple(queue(each, settings) for each in queues), topics=topics)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path / "bus.sqlite", deployed("stays", "goes", red=EVERYTHING))


def test_an_entity_that_stays_keeps_its_messages_and_locks(setup: Setup) -> None:
    setup.send("queues/stays", message(b"one"), message(b"two"))
    stays = setup.entity("queues/stays").active
    token = take(stays)
    setup.broker.deploy(deployed("stays", "new", red=EVERYTHING))
    assert setup.entity("queues/stays").active is stays
    stays.settle(token, Complete())
    assert len(stays) == 1
    setup.send("queues/new", message())
    assert len(setup.entity("queues/new").active) == 1


def test_an_entity_neither_gains_sessions_nor_loses_them(setup: Setup) -> None:
    setup.send("queues/stays", message())
    with pytest.raises(RuleError, match="requiresSession of 'stays' cannot change"):
        setup.broker.deploy(deployed("stays", settings=replace(SETTINGS, requires_session=True)))
    assert len(setup.entity("queues/stays").active) == 1


def test_an_entity_that_goes_takes_its_messages_with_it(setup: Setup) -> None:
    setup.send("queues/goes", message())
    setup.send("topics/t", message())
    setup.broker.deploy(deployed("stays"))
    assert set(setup.broker.destinations) == set(setup.broker.entities)
    assert len(setup.broker.entities) == 1
    setup.broker.deploy(deployed("stays", "goes", red=EVERYTHING))
    assert len(setup.entity("queues/goes").active) == 0
    assert len(setup.entity("topics/t/subscriptions/red").active) == 0


def test_changed_settings_are_those_of_the_next_lock(setup: Setup) -> None:
    setup.send("queues/stays", message())
    stays = setup.entity("queues/stays")
    take(stays.active)
    hasty = replace(SETTINGS, lock_duration=timedelta(seconds=5), max_delivery_count=2)
    setup.broker.deploy(deployed("stays", settings=hasty))
    setup.pass_time(29)
    assert stays.active.receive(and_delete=False) is None, "the held lock keeps its 30 seconds"
    setup.pass_time(1)
    take(stays.active)
    setup.pass_time(5)
    assert (len(stays.active), len(stays.dead_letters)) == (0, 1), "now two deliveries are all"


def test_a_topic_that_a_sender_holds_has_its_new_subscriptions_and_rules(setup: Setup) -> None:
    held = setup.broker.destinations[deployed(red=EVERYTHING).topics[0].id.lower()]
    nothing = (Rule("nothing", sql="1=0"),)
    setup.broker.deploy(deployed("stays", red=nothing, blue=EVERYTHING))
    held.send([message()])
    assert len(setup.entity("topics/t/subscriptions/red").active) == 0
    assert len(setup.entity("topics/t/subscriptions/blue").active) == 1


def test_duplicates_are_detected_from_the_deployment_that_wants_it(setup: Setup) -> None:
    held = setup.broker.destinations[queue("stays").id.lower()]
    window = replace(SETTINGS, duplicate_window=timedelta(minutes=10))
    held.send([message(message_id="a"), message(message_id="a")])
    setup.broker.deploy(deployed("stays", settings=window))
    held.send([message(message_id="b"), message(message_id="b")])
    assert len(setup.entity("queues/stays").active) == 3
    setup.broker.deploy(deployed("stays", settings=replace(window, max_delivery_count=9)))
    held.send([message(message_id="b")])
    assert len(setup.entity("queues/stays").active) == 3, "what it has seen, it has seen"


def test_a_rule_that_is_not_understood_changes_nothing(setup: Setup) -> None:
    setup.send("queues/goes", message())
    with pytest.raises(RuleError, match="'odd'"):
        setup.broker.deploy(deployed("stays", red=(Rule("odd", sql="no no"),)))
    setup.entity("queues/goes").active.settle(take(setup.entity("queues/goes").active), Abandon())
    assert len(setup.entity("queues/goes").active) == 1


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Running]:
    """Return a bus of one test's own: its deployment changes."""
    with Running(tmp_path) as running:
        yield running


def deploy(bus: Running, namespace: Namespace, *, hurry: bool = False) -> int:
    async def work() -> int:
        return bus.bus.deploy(namespace, hurry=hurry)

    return bus.run(work())


def received(receiver: ServiceBusReceiver) -> list[str]:
    found = receiver.receive_messages(max_message_count=10, max_wait_time=2)
    for each in found:
        receiver.complete_message(each)
    return [str(each) for each in found]


def client_of(bus: Running, name: str = "owner") -> ServiceBusClient:
    return bus.client(name)


def test_a_link_on_a_deleted_queue_ends_and_its_neighbour_goes_on(bus: Running) -> None:
    with client_of(bus) as client:
        goes, stays = client.get_queue_receiver("orders"), client.get_queue_receiver("others")
        sender = client.get_queue_sender("others")
        with goes, stays, sender:
            sender.send_messages(ServiceBusMessage("before"))
            assert received(stays) == ["before"]
            without = tuple(each for each in NAMESPACE.queues if each.name != "orders")
            assert deploy(bus, replace(NAMESPACE, queues=without)) == 1
            sender.send_messages(ServiceBusMessage("after"))
            assert received(stays) == ["after"], "on the same link"
            with pytest.raises(ServiceBusError):
                goes.receive_messages(max_wait_time=2)
            with pytest.raises(ServiceBusError), client.get_queue_receiver("orders"):
                pass


def test_an_entity_that_is_new_is_served_on_an_open_connection(bus: Running) -> None:
    with client_of(bus) as client, client.get_queue_sender("orders"):
        with pytest.raises(ServiceBusError), client.get_queue_sender("later"):
            pass
        deploy(bus, replace(NAMESPACE, queues=(*NAMESPACE.queues, queue("later"))))
        with client.get_queue_sender("later") as sender:
            sender.send_messages(ServiceBusMessage("x"))
        with client.get_queue_receiver("later") as receiver:
            assert received(receiver) == ["x"]


@pytest.mark.parametrize("hurry", [False, True])
def test_a_link_outlives_its_right_until_its_token_ends_unless_in_a_hurry(
    bus: Running, hurry: bool
) -> None:
    who = PRINCIPALS["owner"]
    without = [each for each in ASSIGNMENTS if each.principal_id != who.principal_id]
    with client_of(bus) as client, client.get_queue_sender("orders") as sender:
        sender.send_messages(ServiceBusMessage("allowed"))
        bus.gate.policy = Policy(without)
        assert deploy(bus, NAMESPACE, hurry=hurry) == hurry
        if hurry:
            with pytest.raises(ServiceBusError):
                sender.send_messages(ServiceBusMessage("too late"))
        else:
            sender.send_messages(ServiceBusMessage("still allowed"))
        with pytest.raises(ServiceBusError), client.get_queue_sender("others"):
            pass
    refused = [each.operation for each in bus.records() if each.outcome == "denied"]
    assert ("RenewToken" in refused) == hurry
