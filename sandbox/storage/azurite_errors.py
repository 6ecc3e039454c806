"""Azurite's errors, read and put as Azure puts them."""

import re
from xml.etree import ElementTree

import aiohttp

from sandbox.storage.backend import Backend
from sandbox.storage.copy_source import SOURCE_CONDITIONS, CopySource, cannot_verify
from sandbox.storage.decide import Permitted
from sandbox.storage.errors import Failure, Refused
from sandbox.storage.forward import question
from sandbox.storage.name import Named
from sandbox.storage.request import Level, Target
from sandbox.storage.versions import version_of

# Azurite fails without a word at XML that it cannot read, and at what it did not foresee.
_WORDLESS = {400: "InvalidInput", 431: "InvalidInput", 500: "InternalError"}
# What Azurite calls otherwise than Azure.
_AZURES = {
    "Requested Range Not Satisfiable": "InvalidPageRange",
    "RequestEntityTooLarge": "RequestBodyTooLarge",
}
_BOUNDS = re.compile(r"bytes (\d+)-(-?\d+)/(\d+)")
# Codes of Azurite's own, for what it does not do.
_OF_AZURITE = frozenset({"APINotImplemented", "FeatureNotSupported"})
_UNKNOWN_TO_AZURITE = frozenset({"AuthorizationFailure", "AuthenticationFailed"})
_NO_LEASE = frozenset({"LeaseNotPresentWithBlobOperation", "LeaseNotPresentWithContainerOperation"})
_LOST = frozenset({"broken", "expired"})
_MAYBE_THE_SOURCES = frozenset({"BlobNotFound", "ConditionNotMet", "ContainerNotFound"})


def succeeded(answer: aiohttp.ClientResponse) -> bool:
    """Return whether Azure, too, would take what Azurite gave `answer` to for a success."""
    return answer.status < 300 and _beyond_the_end(answer) is None


async def failure_of(
    answer: aiohttp.ClientResponse, permitted: Permitted, backend: Backend
) -> Failure:
    """Return the error that Azure answers where Azurite gave `answer`.

    Raises Refused where Azure would have refused what Azurite tried.
    """
    if beyond := _beyond_the_end(answer):
        return beyond
    failure = _read(answer, await answer.read())
    _check(failure, permitted)
    named = permitted.named
    source = None if named.operation.reads_source else named.source
    if source and failure.code in _MAYBE_THE_SOURCES:
        return await _of_a_copy(failure, named, source, backend)
    if failure.code in _NO_LEASE:
        if await _has_lost_its_lease(named.target, backend):
            return _lease_lost(named.target.level)
        message = f"There is currently no lease on the {named.target.level}."
        return Failure(failure.status, failure.code, message)
    return _with_status(failure, named)


def _beyond_the_end(answer: aiohttp.ClientResponse) -> Failure | None:
    """The refusal of a range that begins where the blob ends, of which Azurite gives no bytes.

    Azure/azure-sdk-for-net issue 10827, and Azure/Azurite issue 2410.
    """
    found = _BOUNDS.fullmatch(answer.headers.get("Content-Range", ""))
    if not found or int(found[1]) <= int(found[2]):
        return None
    return Refused("InvalidRange", headers={"Content-Range": f"bytes */{found[3]}"}).failure


def _lease_lost(level: Level) -> Failure:
    message = f"A lease ID was specified, but the lease for the {level} has expired."
    return Refused("LeaseLost", message=message).failure


def _read(answer: aiohttp.ClientResponse, body: bytes) -> Failure:
    """The message is Azurite's reason phrase, which it has for HEAD, too."""
    kept = {name: answer.headers[name] for name in ("Content-Range",) if name in answer.headers}
    code = answer.headers.get("x-ms-error-code", "")
    code = _AZURES.get(code, code)
    return Failure(answer.status, code, answer.reason or "", _details(body), kept)


def _details(body: bytes) -> dict[str, str]:
    try:
        found = ElementTree.fromstring(body) if body else ()  # noqa: S314 (Azurite wrote it)
    except ElementTree.ParseError:
        return {}
    return {each.tag: each.text or "" for each in found if each.tag not in {"Code", "Message"}}


def _check(failure: Failure, permitted: Permitted) -> None:
    code = failure.code
    if code == "BlobAlreadyExists" and permitted.only_new and not permitted.by_condition:
        raise Refused("UnauthorizedBlobOverwrite")
    if failure.status == 403 and code in _UNKNOWN_TO_AZURITE:
        # The caller was authorized here; this says that Azurite did not know the gateway.
        raise Refused("InternalError")
    if code in _OF_AZURITE:
        raise Refused("NotImplemented")
    if not code and failure.status in _WORDLESS:
        raise Refused(_WORDLESS[failure.status])


def _with_status(failure: Failure, named: Named) -> Failure:
    """Only a read is answered that nothing has changed; a write fails (test_snapshot_blob…_fail).

    https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
    """
    if failure.status != 304:
        return failure
    if named.operation.method not in {"GET", "HEAD"}:
        return Failure(412, failure.code, failure.message)
    # test_get_page_ranges_iter_with_if_modified_fail: of all that is not modified, this alone.
    ranges = named.operation.name == "GetPageRanges"
    headers = {"Content-Type": "application/xml"} if ranges else {}
    return Failure(304, failure.code, failure.message, headers=headers)


async def _has_lost_its_lease(target: Target, backend: Backend) -> bool:
    """To Azure a lease that was broken or has expired is another case than none at all.

    Azure/azure-storage-python tests/recordings/test_common_blob.test_lease_blob_break_period.yaml
    and test_lease_blob_with_duration.yaml, test_container.test_lease_container_break_period.yaml.
    """
    parameters = {} if target.level is Level.BLOB else {"restype": "container"}
    async with backend.send(question("HEAD", target.path, parameters)) as answer:
        return answer.headers.get("x-ms-lease-state") in _LOST


async def _of_a_copy(
    failure: Failure, named: Named, source: CopySource, backend: Backend
) -> Failure:
    """Azurite does not tell a failure of the source from one of the target; Azure does.

    Copy Blob: Azure/azure-sdk-for-go sdk/storage/azblob/blob/client_test.go, TestBlobStartCopy….
    Copy Blob From URL: Azure/azure-sdk-for-net BlobBaseClientTests, SyncCopyFromUriAsync_Error.
    """
    cause = await _source_failure(named, source.target, backend)
    if named.operation.name != "CopyBlob":
        version = version_of(named.headers)
        return cannot_verify(cause, version).failure if cause else _with_status(failure, named)
    if failure.code != "ConditionNotMet":
        return failure
    return Refused("SourceConditionNotMet" if cause else "TargetConditionNotMet").failure


async def _source_failure(named: Named, target: Target, backend: Backend) -> Failure | None:
    """Why the source of a copy cannot be read under its conditions; None if it can."""
    conditions = {
        SOURCE_CONDITIONS[name]: value
        for name, value in named.headers.items()
        if name in SOURCE_CONDITIONS
    }
    asked = question("HEAD", target.path, target.parameters, conditions)
    async with backend.send(asked) as answer:
        return _read(answer, b"") if answer.status >= 300 else None
