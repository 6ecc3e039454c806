"""The source of a copy: another blob of the same account."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.storage.allowlist import is_valid
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.request import Level, Target, parse_target
from sandbox.storage.versions import is_since

# Conditions on the source, and the same conditions as a reader of the source sends them.
SOURCE_CONDITIONS: Mapping[str, str] = {
    "x-ms-source-if-match": "if-match",
    "x-ms-source-if-modified-since": "if-modified-since",
    "x-ms-source-if-none-match": "if-none-match",
    "x-ms-source-if-tags": "x-ms-if-tags",
    "x-ms-source-if-unmodified-since": "if-unmodified-since",
}
# The token that reads the source.
AUTHORIZATION = "x-ms-copy-source-authorization"
# Since this version the error repeats the error of the source:
# https://learn.microsoft.com/rest/api/storageservices/version-2024-08-04
FIRST_WITH_CAUSE = "2024-08-04"


@dataclass(frozen=True)
class CopySource:
    """A blob to copy from, or one of its snapshots."""

    host: str
    target: Target

    @property
    def url(self) -> str:
        """Return the address in the one spelling that is forwarded."""
        snapshot = self.target.parameters.get("snapshot")
        query = f"?snapshot={snapshot}" if snapshot else ""
        return f"https://{self.host}{self.target.path}{query}"


def parse_copy_source(headers: Mapping[str, str], host: str) -> CopySource:
    """Return the source that the headers name. Raises Refusal unless it is a blob of this account.

    The address may hold a SAS, which is verified here and not shown to Azurite.
    """
    scheme, separator, rest = headers["x-ms-copy-source"].partition("://")
    authority, slash, path = rest.partition("/")
    if scheme.lower() != "https" or not separator or authority.lower() != host:
        raise refusal("CannotVerifyCopySource")
    target = parse_target(slash + path)
    if target.level is not Level.BLOB or target.parameters.keys() - {"snapshot"}:
        raise refusal("CannotVerifyCopySource")
    if not all(is_valid(key, value) for key, value in target.parameters.items()):
        raise refusal("CannotVerifyCopySource")
    return CopySource(host, target)


def cannot_verify(cause: StorageError, version: str) -> StorageError:
    """Return the error of a copy whose source answered with `cause`, in a service version.

    The status and the reason phrase are the source's: Azure/azure-storage-python tests/recordings/
    test_append_blob.test_append_block_from_url_with_source_if_match.yaml. Its headers and
    elements: Azure/azure-sdk-assets js/sdk/storage/storage-blob/recordings/node/
    appendblobclient_node/recording_appendblockfromurl__should_fail_with_source_error_message.json.
    """
    shown = is_since(version, FIRST_WITH_CAUSE)
    status = str(cause.status)
    details = {
        "CopySourceStatusCode": status,
        "CopySourceErrorCode": cause.code,
        "CopySourceErrorMessage": cause.message,
    }
    headers = {
        "x-ms-copy-source-status-code": status,
        "x-ms-copy-source-error-code": cause.code,
    }
    return refusal(
        "CannotVerifyCopySource",
        details if shown else {},
        headers if shown else {},
        status=cause.status,
        phrase=cause.message,
    )
