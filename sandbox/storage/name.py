"""Names a request: its operation, its target, its headers and its requirements."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.deployment import StorageAccount
from sandbox.rbac import Requirement
from sandbox.storage.allowlist import carried, check_metadata, check_parameters
from sandbox.storage.copy_source import AUTHORIZATION, CopySource, parse_copy_source
from sandbox.storage.operations import Operation
from sandbox.storage.recognise import Table
from sandbox.storage.request import BlobRequest, Target
from sandbox.storage.required_actions import requirements_of


@dataclass(frozen=True)
class Named:
    """A request that is understood: its operation, its target, its headers, its requirements.

    If `reads_apart`, it is a copy, and the right to read its source is a decision of its own.
    """

    operation: Operation
    target: Target
    headers: Mapping[str, str]
    source: CopySource | None
    requirements: tuple[Requirement, ...]
    reads_apart: bool = False

    @property
    def source_has_credential(self) -> bool:
        """Return whether another right than the caller's reads the source of a copy."""
        return self.source is not None and (
            bool(self.source.target.sas) or AUTHORIZATION in self.headers
        )


def name(request: BlobRequest, account: StorageAccount, table: Table) -> Named:
    """Return the operation that a request is. Raises Refusal with Azure's code if it is none."""
    operation = table.recognise(request)
    check_parameters(operation, request.target.parameters)
    headers = dict(carried(operation, request.headers))
    check_metadata(headers)
    source = parse_copy_source(headers, account.host) if "x-ms-copy-source" in headers else None
    # A source that a credential of its own reads requires nothing of the caller.
    apart = source is not None and _is_apart(operation, request.target, headers, source)
    copied = None if operation.reads_source or apart else source
    requirements = tuple(requirements_of(operation, request.target, headers, copied, account))
    return Named(operation, request.target, headers, source, requirements, apart)


def _is_apart(
    operation: Operation, target: Target, headers: Mapping[str, str], source: CopySource
) -> bool:
    """Return whether the caller's rights do not count at the source; those of a SAS never do."""
    apart = source.target.sas or target.sas or AUTHORIZATION in headers
    return bool(apart) and not operation.reads_source
