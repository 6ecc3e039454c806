"""What a request needs: the actions of its operation, and more because of what it carries."""

from collections.abc import Iterator, Mapping

from sandbox.assumptions import Assumptions
from sandbox.deployment import StorageAccount
from sandbox.rbac import Requirement
from sandbox.storage.copy_source import CopySource
from sandbox.storage.operations import (
    MAKES_A_BLOB,
    READ,
    READ_TAGS,
    WRITE,
    WRITE_TAGS,
    Actions,
    Operation,
)
from sandbox.storage.request import Level, Target

_ON_TAGS = frozenset({"x-ms-if-tags", "x-ms-source-if-tags"})


def needs_of(
    operation: Operation,
    target: Target,
    headers: Mapping[str, str],
    source: CopySource | None,
    account: StorageAccount,
    *,
    assumed: Assumptions,
) -> Iterator[Requirement]:
    """All that `operation` needs, that of its own first. `source` is a blob that it copies."""
    headers = _taking_rights(headers, assumed)
    on_service = target.level is Level.SERVICE
    scope = account.id if on_service else account.container_id(target.container)
    yield Requirement(scope, _actions(operation, assumed))
    for actions in _second_needs(target.parameters, headers):
        yield Requirement(scope, actions)
    if source:
        at_source = account.container_id(source.target.container)
        yield Requirement(at_source, READ)
        if _tags_are_read(headers):
            yield Requirement(at_source, READ_TAGS)


def _actions(operation: Operation, assumed: Assumptions) -> Actions:
    """One of these is needed; it may be that the right to add makes no blob by itself."""
    if operation.name in MAKES_A_BLOB and assumed.blob_add == "needs-write":
        return WRITE
    return operation.actions


def _taking_rights(headers: Mapping[str, str], assumed: Assumptions) -> Mapping[str, str]:
    """The headers that may take a right of their own. A condition tells what the tags are."""
    if assumed.blob_tags_condition == "needs-tags-read":
        return headers
    return {key: value for key, value in headers.items() if key not in _ON_TAGS}


def _second_needs(parameters: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[Actions]:
    """What a request needs besides, because of what it carries."""
    tags_are_copied = headers.get("x-ms-copy-source-tag-option") == "COPY"
    if "x-ms-tags" in headers or tags_are_copied:
        yield WRITE_TAGS
    if "x-ms-if-tags" in headers or "tags" in parameters.get("include", "").split(","):
        yield READ_TAGS


def _tags_are_read(headers: Mapping[str, str]) -> bool:
    return "x-ms-source-if-tags" in headers or "x-ms-copy-source-tag-option" in headers
