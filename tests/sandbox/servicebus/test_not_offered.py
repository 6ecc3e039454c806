"""A property that the sandbox does not offer: its entity exists, and refuses its links by name."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError
from azure.servicebus.management import SqlRuleAction
from proton import Message
from proton.utils import LinkDetached

from sandbox.deployment import Namespace, Rule, Topic
from sandbox.deployment.data_services import namespace
from sandbox.deployment.snapshot import Snapshot
from sandbox.servicebus.unsupported import CONDITION, STATUS
from tests.sandbox.servicebus.administration.test_management import client
from tests.sandbox.servicebus.harness import Running, authority
from tests.sandbox.servicebus.peer import Peer, refusal
from tests.sandbox.servicebus.world import BUS

KIND = "Microsoft.ServiceBus/namespaces"
PASSES = {"filterType": "SqlFilter", "sqlFilter": {"sqlExpression": "1=1"}}
PAINTS = {**PASSES, "action": {"sqlExpression": "SET sys.Label = 'red'"}}
# As Bicep predicts them: by name, with the properties of each.
QUEUES = {
    "plain": {"autoDeleteOnIdle": "PT300S"},
    "relay": {"forwardTo": "plain"},
    "buries": {"forwardDeadLetteredMessagesTo": "plain"},
}
SUBSCRIPTIONS: dict[str, dict[str, Any]] = {
    "fan/kept": {},
    "fan/passed": {"forwardTo": "plain"},
    "news/kept": {},
    "news/painted": {},
}
RULES = {
    "fan/kept/all": PASSES,
    "fan/passed/all": PASSES,
    "news/kept/all": PASSES,
    "news/painted/red": PAINTS,
}


def resource(kind: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
    own = {"type": f"{KIND}{kind}", "name": f"sb-test/{name}", "properties": properties}
    names = zip(kind.split("/")[1:], name.split("/"), strict=False)
    return {**own, "id": "/".join([BUS, *(f"{each}/{one}" for each, one in names)])}


def deployed() -> Namespace:
    """Return the namespace of a template that has all of these."""
    below = "/topics/subscriptions"
    resources = (
        {"id": BUS, "type": KIND, "name": "sb-test"},
        *(resource("/queues", *each) for each in QUEUES.items()),
        *(resource("/topics", each, {}) for each in ("fan", "news")),
        *(resource(below, *each) for each in SUBSCRIPTIONS.items()),
        *(resource(f"{below}/rules", *each) for each in RULES.items()),
    )
    return namespace(Snapshot(resources, {}), resources[0])


NAMESPACE = deployed()


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("not-offered"), NAMESPACE) as running:
        yield running


def refused(open_link: Callable[[], object]) -> str:
    """Open a link, and return the text that it is refused with; an empty one if it opens."""
    try:
        open_link()
    except LinkDetached as error:
        name, text = refusal(error)
        assert name == CONDITION
        return text
    return ""


@pytest.mark.parametrize(
    ("may", "may_not", "says"),
    [
        ("plain", "relay", "the property forwardTo, which the queue 'relay' has"),
        ("plain", "buries", "forwardDeadLetteredMessagesTo, which the queue 'buries' has"),
        ("news", "fan", "forwardTo, which the subscription 'fan/subscriptions/passed' has"),
    ],
)
def test_nothing_is_sent_where_it_would_be_forwarded(
    bus: Running, may: str, may_not: str, says: str
) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "")
        assert refused(partial(peer.sender, may)) == ""
        text = refused(partial(peer.sender, may_not))
    assert says in text
    assert "Deploy it without the property" in text


@pytest.mark.parametrize(
    ("may", "may_not", "says"),
    [
        ("plain", "relay", "it does not forward messages"),
        ("plain/$deadletterqueue", "buries/$deadletterqueue", "it does not forward dead letters"),
        ("fan/subscriptions/kept", "fan/subscriptions/passed", "it does not forward messages"),
        (
            "news/subscriptions/kept",
            "news/subscriptions/painted",
            "the property action, which the rule 'red' of the subscription 'news/subscriptions/",
        ),
    ],
)
def test_nothing_is_received_that_azure_would_forward_or_change(
    bus: Running, may: str, may_not: str, says: str
) -> None:
    peek = {"operation": "com.microsoft:peek-message"}
    asked = {"from-sequence-number": 1, "message-count": 1}
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "")
        assert refused(partial(peer.receiver, may)) == ""
        assert says in refused(partial(peer.receiver, may_not))
        assert peer.ask(f"{may}/$management", peek, asked).code == 204
        reply = peer.ask(f"{may_not}/$management", peek, asked)
    assert (reply.code, reply.condition) == (STATUS, CONDITION)
    assert says in reply.description


def test_the_right_is_decided_first(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("orders-sender", "relay")
        with pytest.raises(LinkDetached, match="unauthorized-access"):
            peer.sender("relay")


def test_the_sdk_raises_the_sentence_and_does_not_try_again(bus: Running) -> None:
    def send(sdk: ServiceBusClient, name: str) -> None:
        with sdk.get_queue_sender(name) as sender:
            sender.send_messages(ServiceBusMessage("x"))

    with bus.client("owner", retry_total=3) as sdk:
        send(sdk, "plain")
        with pytest.raises(ServiceBusError, match="does not offer the property") as raised:
            send(sdk, "relay")
    assert raised.value._retryable is False


def test_the_other_subscriptions_of_a_topic_are_served(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "")
        peer.sender("news").send(Message("x"))
        receiver = peer.receiver("news/subscriptions/kept", credit=1)
        assert receiver.receive().body == "x"


def test_the_links_end_when_a_deployment_begins_to_forward(tmp_path: Path) -> None:
    plain = [each for each in NAMESPACE.queues if each.name == "plain"]
    before = replace(NAMESPACE, queues=tuple(plain), topics=())
    forwards = replace(plain[0].settings, forwarding=("forwardTo",))

    async def deploy(running: Running) -> None:
        running.bus.deploy(replace(before, queues=(replace(plain[0], settings=forwards),)))

    with Running(tmp_path, before) as own:
        with Peer(own.plain_port) as peer:
            peer.put_as("owner", "plain")
            sender = peer.sender("plain")
            own.run(deploy(own))
            assert peer.wait_for_end(sender).name == "amqp:link:detach-forced"
        with Peer(own.plain_port) as peer:
            peer.put_as("owner", "plain")
            assert "forwardTo" in refused(partial(peer.sender, "plain"))


def test_the_management_api_shows_them_and_lets_the_rest_change(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    authority().cert_pem.write_to_path(str(ca))
    with Running(tmp_path, NAMESPACE) as own:
        owner = client(own, str(ca), "owner")
        action = owner.get_rule("news", "painted", "red").action
        assert isinstance(action, SqlRuleAction)
        assert action.sql_expression == "SET sys.Label = 'red'"
        assert owner.get_queue("relay").forward_to == "plain"
        plain = owner.get_queue("plain")
        plain.max_delivery_count = 3
        owner.update_queue(plain)
        assert owner.get_queue("plain").max_delivery_count == 3
        plain.auto_delete_on_idle = "PT6M"
        with pytest.raises(HttpResponseError, match="does not offer AutoDeleteOnIdle"):
            owner.update_queue(plain)
        relay = owner.get_queue("relay")
        relay.max_delivery_count = 3
        owner.update_queue(relay)  # with forwardTo as an address: sb://, the host and the name
        assert owner.get_queue("relay").max_delivery_count == 3
        relay.forward_to = "buries"
        with pytest.raises(HttpResponseError, match="does not offer ForwardTo"):
            owner.update_queue(relay)
        relay.forward_to = None
        owner.update_queue(relay)
        owner.delete_rule("news", "painted", "red")
        with Peer(own.plain_port) as peer:
            peer.put_as("owner", "")
            assert refused(partial(peer.sender, "relay")) == ""
            assert refused(partial(peer.receiver, "news/subscriptions/painted")) == ""


def test_a_rule_is_listed_over_amqp_with_its_action(bus: Running) -> None:
    operation, page = {"operation": "com.microsoft:enumerate-rules"}, {"skip": 0, "top": 9}
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "")
        reply = peer.ask("news/subscriptions/painted/$management", operation, page)
    [described] = reply.body["rules"]
    action = described["rule-description"].value[1]
    assert int(action.descriptor) == 0x13700000006
    assert action.value[0] == "SET sys.Label = 'red'"


def test_an_action_that_only_azure_knows_is_one() -> None:
    (topic,) = _with_action({"sqlExpression": "[reference('x').y]"}).topics
    assert topic.subscriptions[0].rules[0].action
    (topic,) = _with_action({"requiresPreprocessing": False}).topics
    assert topic.subscriptions[0].rules[0] == Rule("red", sql="1=1")


def _with_action(action: dict[str, Any]) -> Namespace:
    below = "/topics/subscriptions"
    resources = (
        {"id": BUS, "type": KIND, "name": "sb-test"},
        resource("/topics", "news", {}),
        resource(below, "news/painted", {}),
        resource(f"{below}/rules", "news/painted/red", {**PASSES, "action": action}),
    )
    found = namespace(Snapshot(resources, {}), resources[0])
    assert isinstance(found.topics[0], Topic)
    return found
