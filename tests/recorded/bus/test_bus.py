"""The recorded frames of Service Bus, compared with the sandbox's."""

from collections.abc import Iterator, Mapping

import pytest

from tests.recorded.bus.conversation import Conversation
from tests.recorded.bus.rows import ROWS, Asked
from tests.recorded.conftest import Compare
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.raw import Raw

pytestmark = pytest.mark.recorded
KNOWN: Mapping[str, str] = {}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("bus")) as running:
        yield running


@pytest.mark.parametrize("each", ROWS, ids=lambda each: each.row.name)
def test_the_bus_says_what_was_seen(each: Asked, bus: Running, compare: Compare) -> None:
    with Raw(bus) as client:
        conversation = Conversation(client)
        each.asks(conversation)
    bus.purge("orders")
    compare("Service Bus", each.row, conversation.answer, KNOWN)
