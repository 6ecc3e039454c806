"""How Azure's data planes answer, where a service depends on it: the sandbox, and Azure if asked.

Each is done as the developer; -m azure_verified does it in a real environment (test_azure.py).
"""

from collections.abc import Callable

import pytest

from tests.access.actor import Actor
from tests.access.behaviours import keyvault, servicebus, storage
from tests.access.stage import Stage
from tests.access.table import DEVELOPER

Behaviour = Callable[[Actor], None]
BEHAVIOURS: tuple[Behaviour, ...] = (
    *storage.BEHAVIOURS,
    *keyvault.BEHAVIOURS,
    *servicebus.BEHAVIOURS,
)


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_the_sandbox_answers_so(stage: Stage, behaviour: Behaviour) -> None:
    behaviour(stage.actor(DEVELOPER))


@pytest.mark.azure_verified
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__)
def test_azure_answers_so(azure: Actor, behaviour: Behaviour) -> None:
    if azure.name != DEVELOPER:
        pytest.skip(f"you are signed in as the {azure.name}")
    behaviour(azure)
