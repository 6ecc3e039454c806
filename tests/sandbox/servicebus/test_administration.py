"""The management client of azure-servicebus, for queues that exist."""

from datetime import timedelta
from pathlib import Path

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
)
from azure.servicebus import ServiceBusMessage, TransportType
from azure.servicebus.management import ServiceBusAdministrationClient

from tests.sandbox.servicebus.harness import Credential, Running, authority
from tests.sandbox.servicebus.world import PRINCIPALS

MANAGE = ("GetQueue", "CreateQueue")


@pytest.fixture
def ca(tmp_path: Path) -> str:
    authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def client(bus: Running, ca: str, who: str) -> ServiceBusAdministrationClient:
    return ServiceBusAdministrationClient(
        f"127.0.0.1:{bus.ports[TransportType.AmqpOverWebsocket]}",
        Credential(PRINCIPALS[who]),
        connection_verify=ca,
        retry_total=0,
    )


def test_a_queue_that_exists_is_described_and_counted(bus: Running, ca: str) -> None:
    with bus.client("owner") as sdk, sdk.get_queue_sender("orders") as sender:
        sender.send_messages([ServiceBusMessage("a"), ServiceBusMessage("b")])
    owner = client(bus, ca, "owner")
    found = owner.get_queue("orders")
    assert (found.name, found.requires_session) == ("orders", False)
    assert isinstance(found.lock_duration, timedelta)
    counted = owner.get_queue_runtime_properties("orders")
    assert counted.active_message_count == counted.total_message_count == 2
    assert counted.dead_letter_message_count == 0


def test_a_queue_that_exists_is_not_created_again(bus: Running, ca: str) -> None:
    with pytest.raises(ResourceExistsError, match="SubCode=40900"):
        client(bus, ca, "owner").create_queue("orders")


@pytest.mark.parametrize("who", ["orders-sender", "orders-receiver", "contributor"])
def test_no_narrower_role_manages_a_queue(bus: Running, ca: str, who: str) -> None:
    for ask in ("get_queue", "create_queue"):
        with pytest.raises(ClientAuthenticationError, match=r"claims required") as refused:
            getattr(client(bus, ca, who), ask)("orders")
        assert refused.value.status_code == 401
    denied = [each for each in bus.records() if each.operation in MANAGE]
    assert [each.outcome for each in denied[-2:]] == ["denied", "denied"]
    assert {each.identity for each in denied[-2:]} == {who}


def test_nothing_else_is_managed(bus: Running, ca: str) -> None:
    """The Bicep says which entities there are."""
    owner = client(bus, ca, "owner")
    for ask in (owner.create_queue, owner.delete_queue, owner.get_queue):
        with pytest.raises(HttpResponseError, match="does not manage"):
            ask("another")
    with pytest.raises(HttpResponseError, match="does not manage"):
        owner.delete_queue("orders")
    with pytest.raises(HttpResponseError, match="does not manage"):
        list(owner.list_queues())
