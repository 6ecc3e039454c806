"""Returns 404 instead of 403 for missing blobs and containers; off by default.

By default the sandbox assumes that Azure looks at roles first, and a denial asks Azurite nothing.
"""

from dataclasses import dataclass

import aiohttp

from sandbox.storage.azurite_errors import unanswered
from sandbox.storage.backend import Backend
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.forward import Forwarded, question
from sandbox.storage.name import Named
from sandbox.storage.operations import MAKES_A_BLOB
from sandbox.storage.request import Level, Target

# Operations that do not require an existing blob, or an existing container.
_OF_NO_BLOB = MAKES_A_BLOB | {"PutBlock", "PutBlockFromURL", "PutBlockList", "UndeleteBlob"}
_OF_NO_CONTAINER = frozenset({"CreateContainer", "RestoreContainer"})
_MISSING = frozenset({"BlobNotFound", "ContainerNotFound"})


@dataclass(eq=False, kw_only=True)
class Denial(StorageError):
    """The 403 of a caller whose roles do not allow the request `named`."""

    named: Named


def denial(named: Named) -> Denial:
    """Return Azure's 403, which is the same whether the blob exists or not."""
    error = refusal("AuthorizationPermissionMismatch")
    return Denial(error.status, error.code, error.message, error.reason, named=named)


async def missing(named: Named, backend: Backend) -> StorageError | None:
    """Return the 404 of a request whose blob or container does not exist; None if it does.

    503 or 500 if Azurite does not answer.
    """
    probe = _probe(named)
    if probe is None:
        return None
    try:
        async with backend.send(probe) as answer:
            code = answer.headers.get("x-ms-error-code", "")
    except (aiohttp.ClientError, TimeoutError) as failure:
        return unanswered(failure)
    return refusal(code) if code in _MISSING else None


def _probe(named: Named) -> Forwarded | None:
    """Return a request for the resource that must exist; None if the operation requires none."""
    target, operation = named.target, named.operation.name
    if target.level is Level.SERVICE or operation in _OF_NO_CONTAINER:
        return None
    if target.level is Level.CONTAINER or operation in _OF_NO_BLOB:
        path, parameters = Target(target.container).path, {"restype": "container"}
    else:
        path = target.path
        parameters = {key: it for key, it in target.parameters.items() if key == "snapshot"}
    return question("HEAD", path, parameters)
