"""Blob Storage's answers to requests without a valid token."""

import os
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, BlobSasPermissions, generate_blob_sas

from tests.access.actor import Actor
from tests.access.behaviours.blobs.asked import ask, ask_with, kept, path_of
from tests.access.tokens import (
    BUS,
    SOMEBODY_ELSE,
    STORAGE,
    VAULT,
    claims_of,
    token_of,
    with_claims,
    with_header,
    with_wrong_signature,
)
from tests.access.verdicts import code_of

NOT_PERMITTED = (403, "KeyBasedAuthenticationNotPermitted")


def who_has_no_token_is_told_where_to_get_one(actor: Actor) -> None:
    answer = ask_with("", actor, "GET", "/thumbnails/a")
    _assert_challenged(actor, answer, "NoAuthenticationInformation")


def a_blob_is_not_public_though_it_is_there(actor: Actor) -> None:
    path = path_of(kept(actor))
    answer = ask_with("", actor, "GET", path)
    _assert_challenged(actor, answer, "NoAuthenticationInformation")
    assert ask(actor, "GET", path).status_code == 200


def an_old_client_without_a_token_hears_that_nothing_is_public(actor: Actor) -> None:
    answer = ask_with("", actor, "GET", path_of(kept(actor)), x_ms_version="2018-11-09")
    assert (answer.status_code, _code(answer)) == (409, "PublicAccessNotPermitted")


def garbage_is_no_token_for_storage(actor: Actor) -> None:
    for garbage in ("garbage", "a.b.c", f"{token_of(actor, STORAGE)}.AAAA"):
        _assert_no_token(actor, garbage)


def a_token_that_nobody_signed_is_none_for_storage(actor: Actor) -> None:
    unsigned = with_header(token_of(actor, STORAGE), alg="none", typ="JWT")
    _assert_no_token(actor, unsigned.rpartition(".")[0] + ".")


def a_token_with_another_signature_is_none_for_storage(actor: Actor) -> None:
    _assert_no_token(actor, with_wrong_signature(token_of(actor, STORAGE)))


def a_token_that_claims_somebody_else_is_none_for_storage(actor: Actor) -> None:
    _assert_no_token(actor, with_claims(token_of(actor, STORAGE), oid=SOMEBODY_ELSE))


def a_token_that_claims_to_last_longer_is_none_for_storage(actor: Actor) -> None:
    token = token_of(actor, STORAGE)
    _assert_no_token(actor, with_claims(token, exp=claims_of(token)["exp"] + 3600))


def a_token_for_another_service_is_none_for_storage(actor: Actor) -> None:
    for audience in (VAULT, BUS):
        answer = _assert_no_token(actor, token_of(actor, audience))
        assert b"Audience validation failed. Audience did not match." in answer.content


def a_token_for_the_account_alone_is_one_for_storage(actor: Actor) -> None:
    token = token_of(actor, f"https://{actor.hosts.account}")
    assert claims_of(token)["aud"].rstrip("/") == f"https://{actor.hosts.account}"
    assert ask_with(token, actor, "GET", path_of(kept(actor))).status_code == 200


def the_accounts_key_opens_nothing(actor: Actor) -> None:
    blob = kept(actor)
    with pytest.raises(HttpResponseError) as raised:
        BlobClient.from_blob_url(blob.url, _a_key(), retry_total=0).download_blob()
    assert code_of(raised) == NOT_PERMITTED


def a_signature_made_with_the_accounts_key_opens_nothing(actor: Actor) -> None:
    blob = kept(actor)
    signature = generate_blob_sas(
        str(blob.account_name),
        blob.container_name,
        blob.blob_name,
        account_key=_a_key(),
        permission=BlobSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(minutes=5),
    )
    answer = ask_with("", actor, "GET", f"{path_of(blob)}?{signature}")
    assert (answer.status_code, _code(answer)) == NOT_PERMITTED


def another_sites_page_is_given_no_leave(actor: Actor) -> None:
    asks = {"Origin": "https://elsewhere.example", "Access_Control_Request_Method": "GET"}
    answer = ask_with("", actor, "OPTIONS", path_of(kept(actor)), **asks)
    assert (answer.status_code, _code(answer)) == (403, "CorsPreflightFailure")


BEHAVIOURS = (
    who_has_no_token_is_told_where_to_get_one,
    a_blob_is_not_public_though_it_is_there,
    an_old_client_without_a_token_hears_that_nothing_is_public,
    garbage_is_no_token_for_storage,
    a_token_that_nobody_signed_is_none_for_storage,
    a_token_with_another_signature_is_none_for_storage,
    a_token_that_claims_somebody_else_is_none_for_storage,
    a_token_that_claims_to_last_longer_is_none_for_storage,
    a_token_for_another_service_is_none_for_storage,
    a_token_for_the_account_alone_is_one_for_storage,
    the_accounts_key_opens_nothing,
    a_signature_made_with_the_accounts_key_opens_nothing,
    another_sites_page_is_given_no_leave,
)


def _a_key() -> str:
    """Return a key of the right length that belongs to no account."""
    return b64encode(os.urandom(64)).decode()


def _code(answer: requests.Response) -> str:
    return answer.headers["x-ms-error-code"]


def _assert_no_token(actor: Actor, token: str) -> requests.Response:
    """Refused for its token alone: with the actor's own, the same is answered."""
    path = path_of(kept(actor))
    answer = ask_with(token, actor, "GET", path)
    _assert_challenged(actor, answer, "InvalidAuthenticationInfo")
    assert ask(actor, "GET", path).status_code == 200
    return answer


def _assert_challenged(actor: Actor, answer: requests.Response, code: str) -> None:
    assert (answer.status_code, _code(answer)) == (401, code)
    tenant = claims_of(token_of(actor, STORAGE))["tid"]
    authority = f"https://login.microsoftonline.com/{tenant}/oauth2/authorize"
    assert answer.headers["WWW-Authenticate"] == (
        f"Bearer authorization_uri={authority} resource_id={STORAGE}"
    )
