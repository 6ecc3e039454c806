"""The questions about Blob Storage: each probe returns the answer by its name."""

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient

from local.questions.asker import STORAGE, Asker, token_for, with_wrong_signature
from local.questions.blobs import new_blob, request, stored
from local.questions.responses import Response, TooFewRightsError, expect_refused, response_to

_DENIED = "AuthorizationPermissionMismatch"


def blob_add(asker: Asker) -> str:
    """Add a blob with the developer's rights, which allow adding and not replacing."""
    blob = new_blob(asker, asker.entities.originals)
    answer = response_to(lambda: blob.upload_blob(b"x")).among(
        {"": "creates", _DENIED: "needs-write"}
    )
    if answer == "creates":
        expect_refused(lambda: blob.upload_blob(b"y", overwrite=True))
    return answer


def blob_overwrite(asker: Asker) -> str:
    """Add a blob with the developer's rights, which allow adding and not replacing."""
    blob = _own(asker, asker.entities.originals)
    expect_refused(lambda: blob.upload_blob(b"y", overwrite=True))
    return response_to(lambda: blob.upload_blob(b"z", overwrite=False)).among(
        {"BlobAlreadyExists": "condition", "UnauthorizedBlobOverwrite": "role"}
    )


def blob_missing(asker: Asker) -> str:
    """Delete a missing blob, which no role allows."""
    container = asker.entities.thumbnails
    blob = new_blob(asker, container)
    if not response_to(lambda: blob.upload_blob(b"x")).code:
        expect_refused(blob.delete_blob)
    return response_to(new_blob(asker, container).delete_blob).among(
        {_DENIED: "role", "BlobNotFound": "existence"}
    )


def blob_tags_condition(asker: Asker) -> str:
    """Read a blob with a condition on its tags, which the developer may not read."""
    blob = _own(asker, asker.entities.thumbnails)
    expect_refused(blob.get_blob_tags)
    return response_to(lambda: blob.download_blob(if_tags_match_condition="\"a\"='b'")).among(
        {_DENIED: "needs-tags-read", "ConditionNotMet": "needs-nothing"}
    )


def blob_token_detail(asker: Asker) -> str:
    """Send a token with a wrong signature; any user's token will do."""
    token = with_wrong_signature(token_for(asker.credential, STORAGE))
    answer = request(token, asker, "GET", f"/{asker.entities.originals}/a")
    told = "told" if b"<AuthenticationErrorDetail>" in answer.content else "left-out"
    found = Response(answer.status_code, answer.headers.get("x-ms-error-code", ""))
    return found.among({"InvalidAuthenticationInfo": told})


def blob_acl(asker: Asker) -> str:
    """Read an ACL: a user without the right is refused if the token is accepted."""
    path = f"/{asker.entities.originals}?restype=container&comp=acl"
    answer = request(token_for(asker.credential, STORAGE), asker, "GET", path)
    found = Response(answer.status_code, answer.headers.get("x-ms-error-code", ""))
    return found.among({"": "taken", _DENIED: "taken", "ResourceNotFound": "not-found"})


def _own(asker: Asker, container: str) -> BlobClient:
    try:
        return stored(asker, container)
    except HttpResponseError as error:
        raise TooFewRightsError from error
