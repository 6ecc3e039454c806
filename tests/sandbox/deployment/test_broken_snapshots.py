"""A snapshot that the sandbox cannot use is refused in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import SnapshotError, load
from sandbox.state import State

Write = Callable[[Callable[[dict[str, Any]], None]], Path]

VAULT, APP = "Microsoft.KeyVault/vaults", "Microsoft.App/containerApps"


def of_type(content: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(each for each in content["predictedResources"] if each["type"] == kind)


def test_an_unchanged_copy_is_loaded(state: State, changed: Write) -> None:
    assert load(state, changed(lambda _: None)).apps


def test_a_missing_snapshot_is_named(state: State, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"none.json is no Bicep snapshot: .*No such file"):
        load(state, tmp_path / "none.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "1", "{}", '{"predictedResources": []}', "\ufeff{}"]
)
def test_a_file_that_is_none_is_refused(state: State, tmp_path: Path, text: str) -> None:
    path = tmp_path / "snapshot.json"
    path.write_text(text)
    with pytest.raises(SnapshotError, match=r"snapshot.json is no Bicep snapshot"):
        load(state, path)


@pytest.mark.parametrize("resources", [None, 1, {"a": 1}, [1], [{}], [{"type": VAULT}]])
def test_resources_that_are_none_are_refused(
    state: State, changed: Write, resources: object
) -> None:
    path = changed(lambda content: content.update(predictedResources=resources))
    with pytest.raises(SnapshotError, match=r"snapshot"):
        load(state, path)


def test_a_resource_that_is_not_understood_is_named(state: State, changed: Write) -> None:
    def odd(content: dict[str, Any]) -> None:
        queue = of_type(content, "Microsoft.ServiceBus/namespaces/queues")
        queue["properties"]["lockDuration"] = "a minute"

    with pytest.raises(SnapshotError, match=r"ServiceBus/namespaces\S* \S+ is not understood"):
        load(state, changed(odd))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (VAULT, ("id",)),
        (VAULT, ("name",)),
        ("Microsoft.Authorization/roleAssignments", ("properties", "principalId")),
        ("Microsoft.Authorization/roleDefinitions", ("properties", "permissions")),
    ],
)
def test_what_must_be_there_and_is_not_is_named(
    state: State, changed: Write, kind: str, path: tuple[str, ...]
) -> None:
    def cut(content: dict[str, Any]) -> None:
        holder = of_type(content, kind)
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]

    with pytest.raises(ValueError, match=path[-1]):
        load(state, changed(cut))


def test_an_assignment_at_no_scope_is_refused(state: State, changed: Write) -> None:
    def unscoped(content: dict[str, Any]) -> None:
        of_type(content, "Microsoft.Authorization/roleAssignments")["id"] = "somewhere"

    with pytest.raises(SnapshotError, match="cannot tell the scope of the role assignment"):
        load(state, changed(unscoped))


def test_a_lifecycle_that_is_none_is_refused(state: State, changed: Write) -> None:
    def odd(content: dict[str, Any]) -> None:
        settings = of_type(content, APP)["properties"]["configuration"]["identitySettings"]
        settings[0]["lifecycle"] = "Sometimes"

    with pytest.raises(SnapshotError, match="Sometimes"):
        load(state, changed(odd))
