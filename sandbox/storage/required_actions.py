"""The actions that a request requires: those of its operation, its tags and its copy source."""

from collections.abc import Iterator, Mapping

from sandbox.deployment import StorageAccount
from sandbox.rbac import Requirement
from sandbox.storage.actions import READ, READ_TAGS, WRITE_TAGS, Actions
from sandbox.storage.copy_source import CopySource
from sandbox.storage.operations import Operation
from sandbox.storage.request import Level, Target


def requirements_of(
    operation: Operation,
    target: Target,
    headers: Mapping[str, str],
    source: CopySource | None,
    account: StorageAccount,
) -> Iterator[Requirement]:
    """Yield the requirements of a request, its operation's own actions first.

    `source` is a blob that the caller's own token has to read.
    """
    on_service = target.level is Level.SERVICE
    scope = account.id if on_service else account.container_id(target.container)
    yield Requirement(scope, operation.actions)
    for actions in _for_tags(operation, target.parameters, headers):
        yield Requirement(scope, actions)
    if source:
        at_source = account.container_id(source.target.container)
        yield Requirement(at_source, READ)
        if actions := _for_tags_of_source(operation, headers):
            yield Requirement(at_source, actions)


def _for_tags(
    operation: Operation, parameters: Mapping[str, str], headers: Mapping[str, str]
) -> Iterator[Actions]:
    tags_are_copied = headers.get("x-ms-copy-source-tag-option") == "COPY"
    if "x-ms-tags" in headers or tags_are_copied:
        yield WRITE_TAGS
    if "tags" in parameters.get("include", "").split(","):
        yield READ_TAGS
    elif operation.condition_on_tags and "x-ms-if-tags" in headers:
        yield operation.condition_on_tags


def _for_tags_of_source(operation: Operation, headers: Mapping[str, str]) -> Actions:
    if "x-ms-copy-source-tag-option" in headers:
        return READ_TAGS
    return operation.condition_on_tags if "x-ms-source-if-tags" in headers else ()
