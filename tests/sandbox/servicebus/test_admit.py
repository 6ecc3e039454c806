"""The order of a link's walk: its entity is looked up only for a caller with a token."""

import pytest
from proton.utils import LinkDetached

from sandbox.servicebus.name import Directory, Node
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.peer import Peer


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the addresses that the directory is asked for."""
    addresses: list[str] = []
    genuine = Directory.node

    def node(directory: Directory, address: str) -> Node:
        addresses.append(address)
        return genuine(directory, address)

    monkeypatch.setattr(Directory, "node", node)
    return addresses


@pytest.mark.parametrize("address", ["orders", "orders/$management", "nowhere"])
def test_a_link_is_authenticated_before_its_entity_is_named(
    bus: Running, looked_up: list[str], address: str
) -> None:
    with Peer(bus.plain_port) as peer:
        with pytest.raises(LinkDetached, match="No token was put"):
            peer.sender(address)
        assert looked_up == []
        peer.put_as("owner", "orders")
        looked_up.clear()
        peer.sender("orders")
        assert looked_up == ["orders"]
