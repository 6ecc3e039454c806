"""What is not there, told to who has no right on it; done only where Azure is assumed to do so.

By itself the sandbox takes Azure to look at roles first, and asks Azurite nothing about a denial.
"""

import aiohttp

from sandbox.storage.backend import Backend
from sandbox.storage.errors import Refused
from sandbox.storage.forward import Forwarded, question
from sandbox.storage.name import Named
from sandbox.storage.operations import MAKES_A_BLOB
from sandbox.storage.request import Level, Target

# They need no blob, or no container, that is there already.
_OF_NO_BLOB = MAKES_A_BLOB | {"PutBlock", "PutBlockFromURL", "PutBlockList", "UndeleteBlob"}
_OF_NO_CONTAINER = frozenset({"CreateContainer", "RestoreContainer"})
_MISSING = frozenset({"BlobNotFound", "ContainerNotFound"})


async def refuse_missing(named: Named, backend: Backend) -> None:
    """Raises Refused 404 if what `named` was denied on is not there; 503 if Azurite is not."""
    asked = _question(named)
    if asked is None:
        return
    try:
        async with backend.send(asked) as answer:
            code = answer.headers.get("x-ms-error-code", "")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refused("ServerBusy", headers={"Retry-After": "1"}) from error
    if code in _MISSING:
        raise Refused(code, recorded=True)


def _question(named: Named) -> Forwarded | None:
    """What asks Azurite for what the request takes to be there; None if that is nothing."""
    target, operation = named.target, named.operation.name
    if target.level is Level.SERVICE or operation in _OF_NO_CONTAINER:
        return None
    if target.level is Level.CONTAINER or operation in _OF_NO_BLOB:
        path, parameters = Target(target.container).path, {"restype": "container"}
    else:
        path = target.path
        parameters = {key: it for key, it in target.parameters.items() if key == "snapshot"}
    return question("HEAD", path, parameters)
