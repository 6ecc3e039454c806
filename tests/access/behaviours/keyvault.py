"""Key Vault's answers to the developer and the operator, where a service depends on them."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError

from tests.access.actor import Actor
from tests.access.behaviours.vault import answers, denials, reading, setting, tokens
from tests.access.verdicts import code_of


def a_secret_that_is_not_there_is_403_to_who_has_a_right_on_another(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        actor.vault.get_secret(f"no-{uuid.uuid4().hex}")
    assert code_of(raised) == (403, "Forbidden")
    assert "ForbiddenByRbac" in str(raised.value)


BEHAVIOURS = (
    a_secret_that_is_not_there_is_403_to_who_has_a_right_on_another,
    *tokens.BEHAVIOURS,
    *denials.BEHAVIOURS,
    *reading.BEHAVIOURS,
    *answers.BEHAVIOURS,
)
OPERATORS = setting.BEHAVIOURS
