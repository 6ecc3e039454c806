"""Names a request: which operation it is, on what, and what that needs."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.deployment import StorageAccount
from sandbox.rbac import Requirement
from sandbox.storage.allowlist import KINDS, carried, check_metadata, check_parameters, parameter
from sandbox.storage.copy_source import CopySource, parse_copy_source
from sandbox.storage.errors import Refused, invalid_header
from sandbox.storage.operations import ANY, OPERATIONS, Operation
from sandbox.storage.request import BlobRequest, Level, Target
from sandbox.storage.required_actions import needs_of

_Kind = tuple[Level, frozenset[tuple[str, str]]]


def _by_kind() -> Mapping[_Kind, list[Operation]]:
    found: Mapping[_Kind, list[Operation]] = defaultdict(list)
    for each in OPERATIONS:
        found[each.level, frozenset(each.kind.items())].append(each)
    return found


_ALIKE = _by_kind()


@dataclass(frozen=True)
class Named:
    """A request that is understood: the operation, its target, what it carries, what it needs."""

    operation: Operation
    target: Target
    headers: Mapping[str, str]
    source: CopySource | None
    needs: tuple[Requirement, ...]


def name(asked: BlobRequest, account: StorageAccount, assumed: Assumptions = LIKELY) -> Named:
    """The operation that `asked` is. Raises Refused with Azure's code for what is none."""
    operation = recognise(asked)
    check_parameters(operation, asked.target.parameters)
    headers = dict(carried(operation, asked.headers))
    check_metadata(headers)
    source = parse_copy_source(headers, account.host) if "x-ms-copy-source" in headers else None
    # A source that is read by a token of its own is no need of the one who asks.
    copied = None if operation.reads_source else source
    needs = needs_of(operation, asked.target, headers, copied, account, assumed=assumed)
    return Named(operation, asked.target, headers, source, tuple(needs))


def recognise(asked: BlobRequest) -> Operation:
    """The row of the table that describes `asked`. Raises Refused if there is none."""
    kind = {key: value for key, value in asked.target.parameters.items() if key in KINDS}
    alike = _ALIKE.get((asked.target.level, frozenset(kind.items())))
    if not alike:
        raise Refused("InvalidQueryParameterValue", parameter(kind))
    rows = [each for each in alike if each.method == asked.method]
    if not rows:
        raise Refused("UnsupportedHttpVerb")
    for row in rows:
        if all(_meets(asked.headers.get(key), value) for key, value in row.when.items()):
            return row
    raise _unmet(max(rows, key=lambda row: _likeness(row, asked.headers)), asked.headers)


def _meets(found: str | None, wanted: str | None) -> bool:
    if wanted == "true":
        return found is not None and found.lower() == wanted
    return found == wanted if wanted != ANY else bool(found)


def _likeness(row: Operation, headers: Mapping[str, str]) -> int:
    return sum(_meets(headers.get(key), wanted) for key, wanted in row.when.items() if wanted)


def _unmet(row: Operation, headers: Mapping[str, str]) -> Refused:
    for key, wanted in row.when.items():
        if wanted is not None and not headers.get(key):
            return Refused("MissingRequiredHeader", {"HeaderName": key})
    odd = [key for key, wanted in row.when.items() if not _meets(headers.get(key), wanted)]
    return invalid_header(odd[0], headers.get(odd[0], ""))
