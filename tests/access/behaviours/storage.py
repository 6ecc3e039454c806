"""How Blob Storage answers the developer, where a service depends on it."""

import uuid

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.access.actor import Actor
from tests.access.codes import code_of

VERSION = {"x-ms-version": "2023-11-03"}


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


def storage_challenges_who_has_no_token(actor: Actor) -> None:
    url = f"https://{actor.hosts.account}/thumbnails/a"
    answer = requests.get(url, headers=VERSION, timeout=30)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer authorization_uri=https://login.microsoftonline.com/")
    assert challenge.endswith("resource_id=https://storage.azure.com")


BEHAVIOURS = (
    a_missing_blob_is_404_to_who_may_read,
    a_missing_blob_is_403_to_who_may_not,
    a_container_without_a_role_is_403_whether_it_is_there_or_not,
    who_may_only_add_replaces_nothing,
    storage_challenges_who_has_no_token,
)
