"""Azure's data planes where a service depends on them: tried on the sandbox, and on Azure if asked.

Each is done as the developer or as the operator; -m azure_verified does those of the signed-in user
in, in a real environment (test_azure.py).
"""

from collections.abc import Callable, Mapping

import pytest

from tests.access.actor import Actor
from tests.access.behaviours import keyvault, servicebus, storage
from tests.access.behaviours.bus.others import leave_messages
from tests.access.harness import Harness
from tests.access.sample import DEVELOPER, FOR_CATALOG, FOR_NOTIFIER, KEY, OPERATOR, UPLOADS

Behaviour = Callable[[Actor], None]
BEHAVIOURS: dict[str, tuple[Behaviour, ...]] = {
    DEVELOPER: (*storage.BEHAVIOURS, *keyvault.BEHAVIOURS, *servicebus.BEHAVIOURS),
    OPERATOR: keyvault.OPERATORS,
}
each_behaviour = pytest.mark.parametrize(
    ("who", "behaviour"),
    [
        pytest.param(who, each, id=f"{who}-{each.__name__}")
        for who, theirs in BEHAVIOURS.items()
        for each in theirs
    ],
)


@pytest.fixture(scope="module")
def in_use(harness: Harness) -> Harness:
    """An environment in which the services ran: the key is set, and messages are left."""
    harness.actor(OPERATOR).vault.set_secret(KEY, "a value")
    leave_messages(harness.admin)
    return harness


@each_behaviour
def test_the_sandbox_answers_so(in_use: Harness, who: str, behaviour: Behaviour) -> None:
    before = _held(in_use)
    behaviour(in_use.actor(who))
    assert _held(in_use) == before, "it has to settle its own messages, and no others"


@pytest.mark.azure_verified
@each_behaviour
def test_azure_answers_so(azure: Actor, who: str, behaviour: Behaviour) -> None:
    if azure.name != who:
        pytest.skip(f"you are signed in as the {azure.name}")
    behaviour(azure)


def _held(harness: Harness) -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts of the behaviours' entities; an added subscription gets events, too."""
    [bus] = harness.endpoints.planes.namespaces.values()
    return _of_theirs(bus.messages()), _of_theirs(bus.dead_letters())


def _of_theirs(counted: Mapping[str, int]) -> dict[str, int]:
    names = {each.rpartition("/")[2] for each in (UPLOADS, FOR_CATALOG, FOR_NOTIFIER)}
    return {each: number for each, number in counted.items() if each.rpartition("/")[2] in names}
