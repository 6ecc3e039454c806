"""What Blob Storage answers where nobody has seen Azure: each gives the answer by its name."""

import pytest
from azure.core.exceptions import HttpResponseError

from tests.access.actor import Actor, Probe
from tests.access.behaviours.blobs.asked import ask_with, new_blob, stored
from tests.access.codes import code
from tests.access.table import ORIGINALS
from tests.access.tokens import STORAGE, token_of, with_another_signature


def blob_add(actor: Actor) -> str:
    """The developer may add to originals, as the gateway."""
    try:
        new_blob(actor, ORIGINALS).upload_blob(b"x")
    except HttpResponseError as error:
        return {"AuthorizationPermissionMismatch": "needs-write"}[code(error)]
    return "creates"


def blob_overwrite(actor: Actor) -> str:
    blob = stored(actor, container=ORIGINALS)
    with pytest.raises(HttpResponseError) as raised:
        blob.upload_blob(b"second", overwrite=False)
    return {"BlobAlreadyExists": "condition", "UnauthorizedBlobOverwrite": "role"}[
        code(raised.value)
    ]


def blob_missing(actor: Actor) -> str:
    """The developer may delete nothing."""
    with pytest.raises(HttpResponseError) as raised:
        new_blob(actor).delete_blob()
    found = {"AuthorizationPermissionMismatch": "role", "BlobNotFound": "existence"}
    return found[code(raised.value)]


def blob_tags_condition(actor: Actor) -> str:
    """The developer may read thumbnails, and not their tags. Of none, no condition is true."""
    blob = stored(actor)
    with pytest.raises(HttpResponseError) as raised:
        blob.download_blob(if_tags_match_condition="\"a\"='b'")
    return {
        "AuthorizationPermissionMismatch": "needs-tags-read",
        "ConditionNotMet": "needs-nothing",
    }[code(raised.value)]


def blob_token_detail(actor: Actor) -> str:
    token = with_another_signature(token_of(actor, STORAGE))
    answer = ask_with(token, actor, "GET", f"/{ORIGINALS}/a")
    assert answer.headers["x-ms-error-code"] == "InvalidAuthenticationInfo"
    return "told" if b"<AuthenticationErrorDetail>" in answer.content else "left-out"


def blob_acl(actor: Actor) -> str:
    """The developer may not read an ACL, so who takes the token refuses the right."""
    path = f"/{ORIGINALS}?restype=container&comp=acl"
    answer = ask_with(token_of(actor, STORAGE), actor, "GET", path)
    return {403: "taken", 404: "not-found"}[answer.status_code]


PROBES: dict[str, Probe] = {
    "blob-add": blob_add,
    "blob-overwrite": blob_overwrite,
    "blob-missing": blob_missing,
    "blob-tags-condition": blob_tags_condition,
    "blob-token-detail": blob_token_detail,
    "blob-acl": blob_acl,
}
