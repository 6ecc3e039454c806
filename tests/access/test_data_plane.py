"""How Azure's data planes answer, where a service depends on it: the sandbox, and Azure if asked.

Each is done as the developer or as the operator; -m azure_verified does those of whoever is signed
in, in a real environment (test_azure.py).
"""

from collections.abc import Callable

import pytest

from tests.access.actor import Actor
from tests.access.behaviours import keyvault, servicebus, storage
from tests.access.stage import Stage
from tests.access.table import DEVELOPER, KEY, OPERATOR

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
def in_use(stage: Stage) -> Stage:
    """As an environment is in which the services run: the operator has set the key."""
    stage.actor(OPERATOR).vault.set_secret(KEY, "a value")
    return stage


@each_behaviour
def test_the_sandbox_answers_so(in_use: Stage, who: str, behaviour: Behaviour) -> None:
    behaviour(in_use.actor(who))


@pytest.mark.azure_verified
@each_behaviour
def test_azure_answers_so(azure: Actor, who: str, behaviour: Behaviour) -> None:
    if azure.name != who:
        pytest.skip(f"you are signed in as the {azure.name}")
    behaviour(azure)
