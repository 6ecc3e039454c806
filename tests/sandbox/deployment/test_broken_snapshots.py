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


def test_a_snapshot_with_diagnostics_is_incomplete(state: State, changed: Write) -> None:
    path = changed(lambda content: content["diagnostics"].append({"code": "BCP420"}))
    with pytest.raises(SnapshotError, match=r"is incomplete; Bicep said: .*BCP420"):
        load(state, path)


def test_there_is_one_vault(state: State, changed: Write) -> None:
    def without(content: dict[str, Any]) -> None:
        content["predictedResources"].remove(of_type(content, VAULT))

    def doubled(content: dict[str, Any]) -> None:
        content["predictedResources"].append(of_type(content, VAULT))

    for change in (without, doubled):
        with pytest.raises(ValueError, match=r"one Microsoft.KeyVault/vaults|is not in it"):
            load(state, changed(change))


def test_a_resource_that_is_referred_to_must_be_there(state: State, changed: Write) -> None:
    def dangling(content: dict[str, Any]) -> None:
        container = of_type(content, APP)["properties"]["template"]["containers"][0]
        container["env"].append({"name": "X", "value": "[reference('/gone', '1').vaultUri]"})

    with pytest.raises(ValueError, match="refers to /gone, which is not in it"):
        load(state, changed(dangling))


def test_a_key_that_is_listed_is_refused(state: State, changed: Write) -> None:
    def listing(content: dict[str, Any]) -> None:
        vault = of_type(content, VAULT)
        vault["properties"]["key"] = "[listKeys('x', '1').keys[0].value]"

    with pytest.raises(ValueError, match="listKeys"):
        load(state, changed(listing))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (VAULT, ("properties", "tenantId")),
        (VAULT, ("location",)),
        (VAULT, ("id",)),
        (APP, ("properties", "template")),
        (APP, ("properties", "configuration")),
        (APP, ("identity",)),
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


def test_a_condition_on_an_assignment_is_refused_since_nobody_would_test_it(
    state: State, changed: Write
) -> None:
    def conditional(content: dict[str, Any]) -> None:
        assignment = of_type(content, "Microsoft.Authorization/roleAssignments")
        assignment["properties"]["condition"] = "@Resource[name] StringEquals 'mine'"

    with pytest.raises(SnapshotError, match="condition"):
        load(state, changed(conditional))


def test_a_role_of_several_permissions_is_refused(state: State, changed: Write) -> None:
    def twice(content: dict[str, Any]) -> None:
        permissions = of_type(content, "Microsoft.Authorization/roleDefinitions")["properties"]
        permissions["permissions"] *= 2

    with pytest.raises(SnapshotError, match="one permission"):
        load(state, changed(twice))


def test_a_vault_under_access_policies_is_refused(state: State, changed: Write) -> None:
    def by_policy(content: dict[str, Any]) -> None:
        of_type(content, "Microsoft.KeyVault/vaults")["properties"].pop("enableRbacAuthorization")

    with pytest.raises(SnapshotError, match="enableRbacAuthorization"):
        load(state, changed(by_policy))
