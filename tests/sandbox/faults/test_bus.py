"""Faults of Service Bus as the unmodified SDK and proton's client meet them."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from azure.servicebus import ServiceBusMessage, TransportType
from azure.servicebus.exceptions import ServiceBusServerBusyError

from sandbox.audit import Outcome, Record
from sandbox.faults import Faults, fault
from sandbox.faults.active import ActiveFault, Target
from sandbox.faults.bus import begin, closed, lost, throttle
from tests.sandbox.servicebus.fast_sdk import without_sleeps
from tests.sandbox.servicebus.harness import Running, until
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.world import NAMESPACE, PRINCIPALS

BOTH_WAYS = (TransportType.Amqp, TransportType.AmqpOverWebsocket)


@pytest.fixture(scope="module")
def faults() -> Faults:
    return Faults()


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory, faults: Faults) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("bus")
    busy = throttle(faults, NAMESPACE.name)
    with without_sleeps(), Running(folder, throttle=busy) as running:
        yield running


@pytest.fixture(autouse=True)
def ended(faults: Faults) -> Iterator[None]:
    yield
    faults.end()


def target(name: str) -> Target:
    return Target(name, frozenset({PRINCIPALS[name].principal_id}), frozenset())


def disturb(bus: Running, active: ActiveFault) -> None:
    async def work() -> None:
        begin(bus.bus, active, bus.gate)

    bus.run(work())


def refused(bus: Running) -> list[Record]:
    return [each for each in bus.records() if each.outcome is Outcome.REFUSED]


@pytest.mark.parametrize("transport", BOTH_WAYS)
def test_a_busy_namespace_rejects_a_message_of_one_caller_and_takes_anothers(
    bus: Running, faults: Faults, transport: TransportType
) -> None:
    with (
        bus.client("orders-sender", transport) as one,
        one.get_queue_sender("orders") as sender,
        bus.client("owner", transport) as other,
        other.get_queue_sender("orders") as unhindered,
    ):
        sender.send_messages(ServiceBusMessage("before"))
        faults.begin(fault("bus-busy"), target=target("orders-sender"))
        with pytest.raises(ServiceBusServerBusyError, match="is being throttled"):
            sender.send_messages(ServiceBusMessage("meanwhile"))
        unhindered.send_messages(ServiceBusMessage("another's"))
        faults.end()
        sender.send_messages(ServiceBusMessage("after"))
    assert bus.held()["queues/orders"] == 3
    bus.purge("orders")
    record = refused(bus)[-1]
    assert (record.identity, record.operation) == ("orders-sender", "SendMessage")
    assert record.reason.startswith("a fault: bus-busy: ")


def test_a_busy_namespace_admits_no_link_of_one_caller_and_anothers(
    bus: Running, faults: Faults
) -> None:
    faults.begin(fault("bus-busy"), target=target("orders-receiver"))
    with (
        bus.client("owner") as other,
        other.get_queue_receiver("orders"),
        bus.client("orders-receiver") as one,
        pytest.raises(ServiceBusServerBusyError),
        one.get_queue_receiver("orders"),
    ):
        pass
    record = refused(bus)[-1]
    assert record.identity == "orders-receiver"
    assert record.reason.startswith("a fault: bus-busy: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [("bus-detach", "InnerMessageReceiver was closed"), ("bus-idle", "Idle timeout: 00:10:00")],
)
def test_the_links_of_one_caller_are_detached_and_can_be_opened_again(
    bus: Running, faults: Faults, name: str, text: str
) -> None:
    with Peer(bus.plain_port) as one, Peer(bus.plain_port) as other:
        one.put_as("orders-receiver")
        other.put_as("owner")
        link, untouched = one.receiver("orders"), other.receiver("orders")
        disturb(bus, faults.begin(fault(name), target=target("orders-receiver")))
        end = one.wait_for_end(link)
        assert end.name == "amqp:link:detach-forced"
        assert text in end.description
        one.receiver("orders/$DeadLetterQueue")
        assert not untouched.link.state & untouched.link.REMOTE_CLOSED
    assert refused(bus)[-1].operation == "Detach"


@pytest.mark.parametrize("transport", BOTH_WAYS)
def test_the_connections_of_one_caller_are_cut_and_no_message_is_lost(
    bus: Running, faults: Faults, transport: TransportType
) -> None:
    with (
        bus.client("owner", transport) as other,
        other.get_queue_receiver("orders") as untouched,
        bus.client("orders-receiver", transport) as one,
        one.get_queue_receiver("orders", max_wait_time=5) as cut,
    ):
        before = len(bus.bus.connections)
        disturb(bus, faults.begin(fault("bus-cut"), target=target("orders-receiver")))
        until(lambda: len(bus.bus.connections) == before - 1)
        with other.get_queue_sender("orders") as sender:
            sender.send_messages(ServiceBusMessage("kept"))
        (message,) = untouched.receive_messages(max_wait_time=5)
        untouched.complete_message(message)
        del cut
    assert bus.held()["queues/orders"] == 0


def test_a_fault_for_everyone_cuts_a_connection_without_a_token_too(
    bus: Running, faults: Faults
) -> None:
    with socket.create_connection(("127.0.0.1", bus.plain_port), timeout=60) as connection:
        until(lambda: len(bus.bus.connections) == 1)
        disturb(bus, faults.begin(fault("bus-gone")))
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    until(lambda: not bus.bus.connections)


def test_a_connection_that_amqp_does_not_take_is_in_the_audit(bus: Running, faults: Faults) -> None:
    reason = closed(faults, bus.gate)
    before = len(refused(bus))
    assert reason() == ""
    faults.begin(fault("bus-gone"))
    assert reason() == refused(bus)[-1].reason
    assert len(refused(bus)) == before + 1


def test_only_the_namespace_cannot_be_reached_while_its_name_is_lost(faults: Faults) -> None:
    reason = lost(faults, {NAMESPACE.host})
    assert reason(NAMESPACE.host) == ""
    faults.begin(fault("bus-gone"))
    assert reason(NAMESPACE.host).startswith("a fault: bus-gone: ")
    assert reason("v.vault.azure.net") == ""
