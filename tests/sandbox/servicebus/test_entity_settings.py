"""Settings of entities that links meet: their status, and the size of a message by tier."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import MessageSizeExceededError, MessagingEntityDisabledError
from proton import Message
from proton.utils import LinkDetached

from sandbox.deployment import EntitySettings, EntityStatus, Namespace, Queue
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.peer import Peer, refusal
from tests.sandbox.servicebus.world import NAMESPACE, SETTINGS, queue, topic


def with_status(status: EntityStatus) -> EntitySettings:
    return replace(SETTINGS, status=status)


STATUSES = {
    EntityStatus.ACTIVE: (True, True),
    EntityStatus.DISABLED: (False, False),
    EntityStatus.SEND_DISABLED: (False, True),
    EntityStatus.RECEIVE_DISABLED: (True, False),
}
OF_EACH_STATUS = replace(
    NAMESPACE,
    queues=tuple(queue(each, with_status(each)) for each in STATUSES),
    topics=(
        topic("open", below=with_status(EntityStatus.RECEIVE_DISABLED), s=()),
        topic("shut", with_status(EntityStatus.SEND_DISABLED), s=()),
    ),
)


@pytest.fixture(scope="module")
def statuses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a bus with a queue of each status."""
    with Running(tmp_path_factory.mktemp("statuses"), OF_EACH_STATUS) as running:
        yield running


def opens(open_link: Callable[[], object]) -> str | None:
    """Open a link. Return the text that it is refused with."""
    try:
        open_link()
    except LinkDetached as error:
        name, text = refusal(error)
        assert name == "com.microsoft:entity-disabled"
        return text
    return None


def test_a_status_decides_who_may_send_and_receive(statuses: Running) -> None:
    with Peer(statuses.plain_port) as peer:
        peer.put_as("owner", "")
        for status, (may_send, may_receive) in STATUSES.items():
            refused = opens(partial(peer.sender, status))
            assert (refused is None) == may_send
            assert may_send or "is currently disabled for Send operations" in (refused or "")
            refused = opens(partial(peer.receiver, status))
            assert (refused is None) == may_receive
            assert may_receive or "is currently disabled. For more" in (refused or "")
        assert opens(lambda: peer.sender("shut"))
        assert opens(lambda: peer.receiver("shut/subscriptions/s")) is None
        assert opens(lambda: peer.sender("open")) is None
        assert opens(lambda: peer.receiver("open/subscriptions/s"))


def test_the_sdk_raises_the_error_for_it(statuses: Running) -> None:
    with (
        statuses.client("owner") as client,
        pytest.raises(MessagingEntityDisabledError),
        client.get_queue_sender("Disabled") as sender,
    ):
        sender.send_messages(ServiceBusMessage("x"))


def test_requests_are_refused_as_links_are(statuses: Running) -> None:
    peek = {"operation": "com.microsoft:peek-message"}
    asked = {"from-sequence-number": 1, "message-count": 1}
    with Peer(statuses.plain_port) as peer:
        peer.put_as("owner", "")
        reply = peer.ask("ReceiveDisabled/$management", peek, asked)
        assert (reply.code, reply.condition) == (400, "com.microsoft:entity-disabled")
        assert peer.ask("SendDisabled/$management", peek, asked).code == 204


def test_a_link_ends_when_its_entity_is_disabled_and_its_messages_stay(tmp_path: Path) -> None:
    with Running(tmp_path, replace(NAMESPACE, queues=(queue("q"),))) as bus:
        with Peer(bus.plain_port) as peer:
            peer.put_as("owner", "q")
            sender, receiver = peer.sender("q"), peer.receiver("q")
            sender.send(Message("x"))
            deploy(bus, queue("q", with_status(EntityStatus.RECEIVE_DISABLED)))
            assert peer.wait_for_end(receiver).name == "amqp:link:detach-forced"
            sender.send(Message("y"))
        deploy(bus, queue("q"))
        with Peer(bus.plain_port) as peer:
            peer.put_as("owner", "q")
            receiver = peer.receiver("q", credit=2)
            assert [receiver.receive().body for _ in "xy"] == ["x", "y"]


def deploy(bus: Running, *queues: Queue) -> None:
    async def change() -> None:
        bus.bus.deploy(replace(NAMESPACE, queues=queues))

    bus.run(change())


def fits(client: ServiceBusClient, name: str, size: int) -> bool:
    """Return whether a message of `size` bytes and its properties is taken."""
    with client.get_queue_sender(name) as sender:
        try:
            sender.send_messages(ServiceBusMessage(bytes(size)))
        except MessageSizeExceededError:
            return False
    return True


def test_the_tier_and_the_entity_say_how_large_a_message_may_be(tmp_path: Path) -> None:
    large = replace(SETTINGS, max_message_size=20 * 1024 * 1024)
    queues = queue("q"), queue("large", large)
    premium = replace(NAMESPACE, queues=queues, topics=(), tier="Premium")
    assert Namespace("", "", (), ()).max_message_size(large) == 256 * 1024
    with Running(tmp_path, premium) as bus, bus.client("owner") as client:
        assert fits(client, "q", 1_000_000)
        assert not fits(client, "q", 1024 * 1024)
        assert fits(client, "large", 18_000_000)
        assert not fits(client, "large", 20 * 1024 * 1024)
