"""How Azure's data planes answer, where a service depends on it: the sandbox, and Azure if asked.

Each is done as the developer; -m azure_verified does it in a real environment (test_azure.py).
"""

import uuid
from collections.abc import Callable

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from sandbox.storage.serve import REFUSES_OVERWRITE_BEFORE_CONDITIONS
from tests.access.actor import Actor
from tests.access.stage import Stage
from tests.access.table import DEVELOPER

Behaviour = Callable[[Actor], None]
BLOB = "https://storage.azure.com/.default"
VERSION = {"x-ms-version": "2023-11-03"}


def code_of(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    code = getattr(error.value, "error_code", None) or getattr(error.value.error, "code", None)
    return error.value.status_code, str(getattr(code, "value", code))


def a_missing_blob_is_404_to_who_may_read(actor: Actor) -> None:
    with pytest.raises(ResourceNotFoundError) as raised:
        actor.account.get_blob_client("thumbnails", uuid.uuid4().hex).download_blob()
    assert code_of(raised) == (404, "BlobNotFound")


def a_missing_blob_is_403_to_who_may_not(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        actor.account.get_blob_client("thumbnails", uuid.uuid4().hex).delete_blob()
    assert code_of(raised) == (403, "AuthorizationPermissionMismatch")


def a_container_without_a_role_is_403_whether_it_is_there_or_not(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        actor.account.get_blob_client(f"c{uuid.uuid4().hex}", "a").download_blob()
    assert code_of(raised) == (403, "AuthorizationPermissionMismatch")


def who_may_only_add_replaces_nothing(actor: Actor) -> None:
    blob = actor.account.get_blob_client("originals", uuid.uuid4().hex)
    blob.upload_blob(b"first", overwrite=False)
    with pytest.raises(HttpResponseError) as raised:
        blob.upload_blob(b"second", overwrite=True)
    assert code_of(raised) == (403, "UnauthorizedBlobOverwrite")
    assert blob.download_blob().readall() == b"first"


def a_condition_does_not_come_before_the_role(actor: Actor) -> None:
    blob = actor.account.get_blob_client("originals", uuid.uuid4().hex)
    blob.upload_blob(b"first", overwrite=False)
    with pytest.raises(HttpResponseError) as raised:
        blob.upload_blob(b"second", overwrite=False)
    by_role, by_condition = (403, "UnauthorizedBlobOverwrite"), (409, "BlobAlreadyExists")
    assert code_of(raised) == (by_role if REFUSES_OVERWRITE_BEFORE_CONDITIONS else by_condition)


def a_secret_that_is_not_there_is_403_to_who_has_a_right_on_another(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        actor.vault.get_secret(f"no-{uuid.uuid4().hex}")
    assert code_of(raised) == (403, "Forbidden")
    assert "ForbiddenByRbac" in str(raised.value)


def storage_challenges_who_has_no_token(actor: Actor) -> None:
    url = f"https://{actor.hosts.account}/thumbnails/a"
    answer = requests.get(url, headers=VERSION, timeout=30)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer authorization_uri=https://login.microsoftonline.com/")
    assert challenge.endswith("resource_id=https://storage.azure.com")


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


BEHAVIOURS: tuple[Behaviour, ...] = (
    a_missing_blob_is_404_to_who_may_read,
    a_missing_blob_is_403_to_who_may_not,
    a_container_without_a_role_is_403_whether_it_is_there_or_not,
    who_may_only_add_replaces_nothing,
    a_condition_does_not_come_before_the_role,
    a_secret_that_is_not_there_is_403_to_who_has_a_right_on_another,
    storage_challenges_who_has_no_token,
    the_vault_challenges_who_has_no_token,
    storages_token_is_none_for_the_vault,
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
