"""The questions about Blob Storage: each probe returns the answer by its name."""

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from local.questions.asker import STORAGE, Asker, token_for, with_wrong_signature
from local.questions.blobs import new_blob, request, stored
from local.questions.responses import Response, TooFewRightsError, expect_refused, response_to

_DENIED = "AuthorizationPermissionMismatch"


def blob_add(asker: Asker) -> str:
    """The developer may add to originals, and not replace what is there."""
    blob = new_blob(asker, asker.entities.originals)
    answer = response_to(lambda: blob.upload_blob(b"x")).among(
        {"": "creates", _DENIED: "needs-write"}
    )
    if answer == "creates":
        expect_refused(lambda: blob.upload_blob(b"y", overwrite=True))
    return answer


def blob_overwrite(asker: Asker) -> str:
    """The developer may add to originals, and not replace what is there."""
    blob = _own(asker, asker.entities.originals)
    expect_refused(lambda: blob.upload_blob(b"y", overwrite=True))
    return response_to(lambda: blob.upload_blob(b"z", overwrite=False)).among(
        {"BlobAlreadyExists": "condition", "UnauthorizedBlobOverwrite": "role"}
    )


def blob_missing(asker: Asker) -> str:
    """Nobody may delete a blob. Whoever may not even make one has no role that could."""
    container = asker.entities.thumbnails
    blob = new_blob(asker, container)
    if not response_to(lambda: blob.upload_blob(b"x")).code:
        expect_refused(blob.delete_blob)
    return response_to(new_blob(asker, container).delete_blob).among(
        {_DENIED: "role", "BlobNotFound": "existence"}
    )


def blob_tags_condition(asker: Asker) -> str:
    """The developer may read thumbnails, and not their tags. No condition on none is true."""
    blob = _own(asker, asker.entities.thumbnails)
    expect_refused(blob.get_blob_tags)
    return response_to(lambda: blob.download_blob(if_tags_match_condition="\"a\"='b'")).among(
        {_DENIED: "needs-tags-read", "ConditionNotMet": "needs-nothing"}
    )


def blob_token_detail(asker: Asker) -> str:
    """Anybody's token will do, since its signature is wrong."""
    token = with_wrong_signature(token_for(asker.credential, STORAGE))
    answer = request(token, asker, "GET", f"/{asker.entities.originals}/a")
    told = "told" if b"<AuthenticationErrorDetail>" in answer.content else "left-out"
    found = Response(answer.status_code, answer.headers.get("x-ms-error-code", ""))
    return found.among({"InvalidAuthenticationInfo": told})


def blob_acl(asker: Asker) -> str:
    """Whoever may not read an ACL is refused where the token is taken."""
    path = f"/{asker.entities.originals}?restype=container&comp=acl"
    answer = request(token_for(asker.credential, STORAGE), asker, "GET", path)
    found = Response(answer.status_code, answer.headers.get("x-ms-error-code", ""))
    return found.among({"": "taken", _DENIED: "taken", "ResourceNotFound": "not-found"})


def _own(asker: Asker, container: str) -> BlobClient:
    try:
        return stored(asker, container)
    except HttpResponseError as error:
        raise TooFewRightsError from error
