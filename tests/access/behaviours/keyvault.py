"""How Key Vault answers the developer, where a service depends on it."""

import uuid

import pytest
import requests
from azure.core.exceptions import HttpResponseError

from tests.access.actor import Actor
from tests.access.codes import code_of

BLOB = "https://storage.azure.com/.default"


def a_secret_that_is_not_there_is_403_to_who_has_a_right_on_another(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        actor.vault.get_secret(f"no-{uuid.uuid4().hex}")
    assert code_of(raised) == (403, "Forbidden")
    assert "ForbiddenByRbac" in str(raised.value)


def the_vault_challenges_who_has_no_token(actor: Actor) -> None:
    answer = requests.get(f"https://{actor.hosts.vault}/secrets/a?api-version=7.4", timeout=30)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer authorization="https://login.microsoftonline.com/')
    assert 'resource="https://vault.azure.net"' in challenge


def storages_token_is_none_for_the_vault(actor: Actor) -> None:
    token = actor.credential.get_token(BLOB).token
    headers = {"Authorization": f"Bearer {token}"}
    url = f"https://{actor.hosts.vault}/secrets/webhook-signing-key?api-version=7.4"
    assert requests.get(url, headers=headers, timeout=30).status_code == 401


BEHAVIOURS = (
    a_secret_that_is_not_there_is_403_to_who_has_a_right_on_another,
    the_vault_challenges_who_has_no_token,
    storages_token_is_none_for_the_vault,
)
