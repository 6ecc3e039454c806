"""Finds the operation that a request is, by the table of operations."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sandbox.storage.actions import READ_TAGS, WRITE
from sandbox.storage.allowlist import KINDS, parameter
from sandbox.storage.errors import StorageError, invalid_header, refusal
from sandbox.storage.operations import ANY, MAKES_A_BLOB, OPERATIONS, Operation
from sandbox.storage.request import BlobRequest, Level

_Kind = tuple[Level, frozenset[tuple[str, str]]]
# Operations that took no token at first, and maybe still take none.
_WITH_A_KEY = frozenset({"GetAccountInfo", "GetContainerACL", "SetContainerACL"})


class Table:
    """The operations of an account."""

    def __init__(self, operations: Iterable[Operation] = OPERATIONS) -> None:
        self._alike: Mapping[_Kind, list[Operation]] = defaultdict(list)
        for each in operations:
            self._alike[each.level, frozenset(each.kind.items())].append(each)

    def recognise(self, request: BlobRequest) -> Operation:
        """Return the row that describes `request`. Raises Refusal if there is none."""
        kind = {key: value for key, value in request.target.parameters.items() if key in KINDS}
        alike = self._alike.get((request.target.level, frozenset(kind.items())))
        if not alike:
            raise refusal("InvalidQueryParameterValue", parameter(kind))
        rows = [each for each in alike if each.method == request.method]
        if not rows:
            raise refusal("UnsupportedHttpVerb")
        for row in rows:
            if all(_meets(request.headers.get(key), value) for key, value in row.when.items()):
                return row
        raise _unmet(max(rows, key=lambda row: _likeness(row, request.headers)), request.headers)


def adapted(
    *,
    add_creates: bool = True,
    condition_first: bool = False,
    tags_condition_reads: bool = True,
    key_alone: bool = False,
) -> Table:
    """Return the table for an Azure that answers otherwise where its behaviour is not known.

    Without `add_creates` the right to add creates no blob by itself. With `condition_first` a put
    of an existing blob fails by its own condition, If-None-Match, before it fails by role. Without
    `tags_condition_reads` a condition on tags requires no right to read them. With `key_alone` a
    container's ACL and the account's information take no token.
    """
    return Table(
        replace(
            row,
            actions=row.actions if add_creates or row.name not in MAKES_A_BLOB else WRITE,
            condition_first=condition_first,
            condition_on_tags=READ_TAGS if tags_condition_reads else (),
            takes_token=not (key_alone and row.name in _WITH_A_KEY),
        )
        for row in OPERATIONS
    )


def _meets(found: str | None, wanted: str | None) -> bool:
    if wanted == "true":
        return found is not None and found.lower() == wanted
    return found == wanted if wanted != ANY else bool(found)


def _likeness(row: Operation, headers: Mapping[str, str]) -> int:
    return sum(_meets(headers.get(key), wanted) for key, wanted in row.when.items() if wanted)


def _unmet(row: Operation, headers: Mapping[str, str]) -> StorageError:
    for key, wanted in row.when.items():
        if wanted is not None and not headers.get(key):
            return refusal("MissingRequiredHeader", {"HeaderName": key})
    odd = [key for key, wanted in row.when.items() if not _meets(headers.get(key), wanted)]
    return invalid_header(odd[0], headers.get(odd[0], ""))
