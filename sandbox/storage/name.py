"""Names a request: its operation, its target, its headers and its requirements."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.deployment import StorageAccount
from sandbox.rbac import Requirement
from sandbox.storage.allowlist import carried, check_metadata, check_parameters
from sandbox.storage.copy_source import CopySource, parse_copy_source
from sandbox.storage.operations import Operation
from sandbox.storage.recognise import Table
from sandbox.storage.request import BlobRequest, Target
from sandbox.storage.required_actions import requirements_of


@dataclass(frozen=True)
class Named:
    """A request that is understood: its operation, its target, its headers, its requirements."""

    operation: Operation
    target: Target
    headers: Mapping[str, str]
    source: CopySource | None
    requirements: tuple[Requirement, ...]


def name(request: BlobRequest, account: StorageAccount, table: Table) -> Named:
    """Return the operation that a request is. Raises Refusal with Azure's code if it is none."""
    operation = table.recognise(request)
    check_parameters(operation, request.target.parameters)
    headers = dict(carried(operation, request.headers))
    check_metadata(headers)
    source = parse_copy_source(headers, account.host) if "x-ms-copy-source" in headers else None
    # A source that a token of its own reads requires nothing of the caller.
    copied = None if operation.reads_source else source
    requirements = requirements_of(operation, request.target, headers, copied, account)
    return Named(operation, request.target, headers, source, tuple(requirements))
