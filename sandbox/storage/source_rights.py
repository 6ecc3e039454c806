"""The right to read the source of a copy, if the source has a credential of its own.

It is a bearer token in x-ms-copy-source-authorization, or a SAS in the source's address.
https://learn.microsoft.com/rest/api/storageservices/copy-blob-from-url#authorization
"""

from collections.abc import Iterator
from dataclasses import replace

from multidict import CIMultiDict

from sandbox.plane import Granted
from sandbox.storage.copy_source import (
    AUTHORIZATION,
    FIRST_WITH_CAUSE,
    SOURCE_CONDITIONS,
    CopySource,
    cannot_verify,
)
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.name import Named
from sandbox.storage.request import BlobRequest
from sandbox.storage.serve import Permit
from sandbox.storage.versions import is_since, version_of

# By header of a copy: the header of the read of its source. Either may be missing.
_PROOF = {"x-ms-version": "x-ms-version", AUTHORIZATION: "Authorization"}


async def permitted_source(named: Named, permit: Permit) -> Granted[Named]:
    """Return the granted read of the source of a copy. Raises Refusal as Azure words it.

    Without a credential of its own the source must be public, and no blob is. The cause since the
    version that names causes: Azure/azure-sdk-for-python, azure-storage-blob,
    tests/test_block_blob.py, test_upload_blob_copy_source_error_and_status_code; the status before
    it: Azure/azure-sdk-for-net issue 16882.
    """
    assert named.source is not None  # noqa: S101 (such a request has a source)
    version = version_of(named.headers)
    if not named.source_has_credential:
        raise cannot_verify(_no_proof(version), version)
    try:
        granted = [await permit(each) for each in _reads_of(named.source, named)]
    except StorageError as error:
        raise cannot_verify(error, version) from error
    return granted[0]


def _no_proof(version: str) -> StorageError:
    named = is_since(version, FIRST_WITH_CAUSE)
    return refusal("NoAuthenticationInformation" if named else "PublicAccessNotPermitted")


def _reads_of(source: CopySource, named: Named) -> Iterator[BlobRequest]:
    headers = {
        SOURCE_CONDITIONS[name]: value
        for name, value in named.headers.items()
        if name in SOURCE_CONDITIONS
    }
    if "x-ms-source-range" in named.headers:
        headers["x-ms-range"] = named.headers["x-ms-source-range"]
    proof = {new: named.headers[each] for each, new in _PROOF.items() if each in named.headers}
    yield BlobRequest("GET", source.target, CIMultiDict(headers | proof))
    if "x-ms-copy-source-tag-option" in named.headers:
        tags = replace(source.target, parameters={**source.target.parameters, "comp": "tags"})
        yield BlobRequest("GET", tags, CIMultiDict(proof))
