"""The errors of Azurite, as Azure would answer them."""

import re
from xml.etree import ElementTree

import aiohttp

from sandbox.plane import Granted
from sandbox.storage.backend import Backend, HungError
from sandbox.storage.copy_source import SOURCE_CONDITIONS, CopySource, cannot_verify
from sandbox.storage.errors import StorageError, busy, refusal
from sandbox.storage.forward import creates_only, question
from sandbox.storage.name import Named
from sandbox.storage.request import Level, Target
from sandbox.storage.versions import version_of

# Azurite sends no code for XML that it cannot read, and for exceptions that it does not expect.
_WITHOUT_CODE = {400: "InvalidInput", 431: "InvalidInput", 500: "InternalError"}
# Azure's codes for errors that Azurite names otherwise.
_AZURES = {
    "Requested Range Not Satisfiable": "InvalidPageRange",
    "RequestEntityTooLarge": "RequestBodyTooLarge",
}
_BOUNDS = re.compile(r"bytes (\d+)-(-?\d+)/(\d+)")
# Codes of Azurite's own, for requests that it does not implement.
_OF_AZURITE = frozenset({"APINotImplemented", "FeatureNotSupported"})
_UNKNOWN_TO_AZURITE = frozenset({"AuthorizationFailure", "AuthenticationFailed"})
_NO_LEASE = frozenset({"LeaseNotPresentWithBlobOperation", "LeaseNotPresentWithContainerOperation"})
# Errors of a write that may only create, about a blob that exists: the second one is leased.
_EXISTS = frozenset({"BlobAlreadyExists", "LeaseIdMissing"})
_LOST = frozenset({"broken", "expired"})
_MAYBE_THE_SOURCES = frozenset({"BlobNotFound", "ConditionNotMet", "ContainerNotFound"})


def succeeded(answer: aiohttp.ClientResponse) -> bool:
    """Return whether Azurite's answer would be a success of Azure's, too."""
    return answer.status < 300 and _beyond_the_end(answer) is None


def unanswered(failure: Exception) -> StorageError:
    """Return the error that Azure answers where Azurite gave no answer for the reason `failure`."""
    return refusal("OperationTimedOut") if isinstance(failure, HungError) else busy()


async def error_of(
    answer: aiohttp.ClientResponse, granted: Granted[Named], backend: Backend
) -> StorageError:
    """Return the error that Azure answers in place of Azurite's `answer`.

    Raises Refusal where Azure would have turned the request away before it tried it.
    """
    if beyond := _beyond_the_end(answer):
        return beyond
    error = _read(answer, await answer.read())
    _check(error, granted)
    named = granted.named
    source = None if named.operation.reads_source else named.source
    if source and error.code in _MAYBE_THE_SOURCES:
        return await _of_a_copy(error, named, source, backend)
    if error.code in _NO_LEASE:
        if await _has_lost_its_lease(named.target, backend):
            return _lease_lost(named.target.level)
        message = f"There is currently no lease on the {named.target.level}."
        return StorageError(error.status, error.code, message)
    return _with_status(error, named)


def _beyond_the_end(answer: aiohttp.ClientResponse) -> StorageError | None:
    """Return the error of a range that begins where the blob ends: Azurite sends no bytes.

    Azure/azure-sdk-for-net issue 10827, and Azure/Azurite issue 2410.
    """
    found = _BOUNDS.fullmatch(answer.headers.get("Content-Range", ""))
    if not found or int(found[1]) <= int(found[2]):
        return None
    return refusal("InvalidRange", headers={"Content-Range": f"bytes */{found[3]}"})


def _lease_lost(level: Level) -> StorageError:
    message = f"A lease ID was specified, but the lease for the {level} has expired."
    return refusal("LeaseLost", message=message)


def _read(answer: aiohttp.ClientResponse, body: bytes) -> StorageError:
    """Return Azurite's error. Its message is the reason phrase, which an answer to HEAD has too."""
    kept = {name: answer.headers[name] for name in ("Content-Range",) if name in answer.headers}
    code = answer.headers.get("x-ms-error-code", "")
    code = _AZURES.get(code, code)
    return StorageError(
        answer.status, code, answer.reason or "", details=_details(body), headers=kept
    )


def _details(body: bytes) -> dict[str, str]:
    try:
        found = ElementTree.fromstring(body) if body else ()  # noqa: S314 (Azurite wrote it)
    except ElementTree.ParseError:
        return {}
    return {each.tag: each.text or "" for each in found if each.tag not in {"Code", "Message"}}


def _check(error: StorageError, granted: Granted[Named]) -> None:
    code = error.code
    if code in _EXISTS and _is_overwrite(granted):
        raise refusal("UnauthorizedBlobOverwrite")
    if error.status == 403 and code in _UNKNOWN_TO_AZURITE:
        # The caller is authorized; Azurite did not accept the signature of the sandbox.
        raise refusal("InternalError")
    if code in _OF_AZURITE:
        raise refusal("NotImplemented")
    if not code and error.status in _WITHOUT_CODE:
        raise refusal(_WITHOUT_CODE[error.status])


def _is_overwrite(granted: Granted[Named]) -> bool:
    """Return whether the caller's right stands against an existing blob, and not its condition."""
    conditional = granted.named.headers.get("if-none-match") == "*"
    by_condition = conditional and granted.named.operation.condition_first
    return creates_only(granted) and not by_condition


def _with_status(error: StorageError, named: Named) -> StorageError:
    """Return 412 for a 304 to a write: only reads are not modified (test_snapshot_blob…_fail).

    https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations
    """
    if error.status != 304:
        return error
    if named.operation.method not in {"GET", "HEAD"}:
        return StorageError(412, error.code, error.message)
    # test_get_page_ranges_iter_with_if_modified_fail: no other 304 has a content type.
    ranges = named.operation.name == "GetPageRanges"
    headers = {"Content-Type": "application/xml"} if ranges else {}
    return StorageError(304, error.code, error.message, headers=headers)


async def _has_lost_its_lease(target: Target, backend: Backend) -> bool:
    """Return whether a lease was broken or has expired, which is another error than none at all.

    Azure/azure-storage-python tests/recordings/test_common_blob.test_lease_blob_break_period.yaml
    and test_lease_blob_with_duration.yaml, test_container.test_lease_container_break_period.yaml.
    """
    parameters = {} if target.level is Level.BLOB else {"restype": "container"}
    async with backend.send(question("HEAD", target.path, parameters)) as answer:
        return answer.headers.get("x-ms-lease-state") in _LOST


async def _of_a_copy(
    error: StorageError, named: Named, source: CopySource, backend: Backend
) -> StorageError:
    """Return the error of the source or of the target, which Azurite does not distinguish.

    Copy Blob: Azure/azure-sdk-for-go sdk/storage/azblob/blob/client_test.go, TestBlobStartCopy…; a
    condition on tags is of neither: Azure/azure-sdk-for-python, azure-storage-blob,
    tests/test_common_blob.py, test_async_copy_blob_with_if_tags.
    Copy Blob From URL: Azure/azure-sdk-for-net BlobBaseClientTests, SyncCopyFromUriAsync_Error.
    """
    cause = await _source_error(named, source.target, backend)
    if named.operation.name != "CopyBlob":
        version = version_of(named.headers)
        return cannot_verify(cause, version) if cause else _with_status(error, named)
    on_tags = "x-ms-source-if-tags" if cause else "x-ms-if-tags"
    if error.code != "ConditionNotMet" or on_tags in named.headers:
        return error
    return refusal("SourceConditionNotMet" if cause else "TargetConditionNotMet")


async def _source_error(named: Named, target: Target, backend: Backend) -> StorageError | None:
    """Return why the source of a copy cannot be read under its conditions; None if it can."""
    conditions = {
        SOURCE_CONDITIONS[name]: value
        for name, value in named.headers.items()
        if name in SOURCE_CONDITIONS
    }
    probe = question("HEAD", target.path, target.parameters, conditions)
    async with backend.send(probe) as answer:
        return _read(answer, b"") if answer.status >= 300 else None
