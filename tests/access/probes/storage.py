"""What Blob Storage answers where nobody has seen Azure: each gives the answer by its name."""

import uuid

from azure.core.exceptions import HttpResponseError

from tests.access.actor import Actor, Probe
from tests.access.codes import code


def blob_add(actor: Actor) -> str:
    """The developer may add to originals, as the gateway."""
    try:
        actor.account.get_blob_client("originals", uuid.uuid4().hex).upload_blob(b"x")
    except HttpResponseError as error:
        return {"AuthorizationPermissionMismatch": "needs-write"}[code(error)]
    return "creates"


def blob_overwrite(actor: Actor) -> str:
    blob = actor.account.get_blob_client("originals", uuid.uuid4().hex)
    blob.upload_blob(b"first")
    try:
        blob.upload_blob(b"second", overwrite=False)
    except HttpResponseError as error:
        return {"BlobAlreadyExists": "condition", "UnauthorizedBlobOverwrite": "role"}[code(error)]
    raise AssertionError("the second was taken")


PROBES: dict[str, Probe] = {
    "blob-add": blob_add,
    "blob-overwrite": blob_overwrite,
}
