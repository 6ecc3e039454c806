"""The sandbox leaves out resources that it does not serve, names them, and loads the rest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import (
    Deployment,
    EntitySettings,
    EntityStatus,
    LeftOut,
    PrincipalKind,
    SnapshotError,
    load,
)
from sandbox.state import State

Write = Callable[[Callable[[dict[str, Any]], None]], Path]

GROUP = "/subscriptions/5ab5c21b-0000-4000-8000-000000000000/resourceGroups/rg"
READER = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
USER = "00000000-0000-4000-8000-000000000007"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a resource of the group; `kind` and `name` have equally many segments."""
    provider, *types = kind.split("/")
    pairs = "/".join(f"{each}/{part}" for each, part in zip(types, name.split("/"), strict=True))
    named = {"id": f"{GROUP}/providers/{provider}/{pairs}", "type": kind, "name": name}
    return named | {"location": "westeurope"} | more


def account(name: str, *containers: str) -> list[dict[str, Any]]:
    kind = "Microsoft.Storage/storageAccounts"
    children = [
        resource(f"{kind}/blobServices/containers", f"{name}/default/{each}") for each in containers
    ]
    return [resource(kind, name), *children]


def vault(name: str, *secrets: str, rbac: bool = True, **more: Any) -> list[dict[str, Any]]:
    kind = "Microsoft.KeyVault/vaults"
    children = [
        resource(f"{kind}/secrets", f"{name}/{each}", properties={"value": "v"}) for each in secrets
    ]
    properties = {"enableRbacAuthorization": rbac} if rbac else {}
    return [resource(kind, name, properties=properties, **more), *children]


def namespace(name: str, *queues: str) -> list[dict[str, Any]]:
    kind = "Microsoft.ServiceBus/namespaces"
    children = [resource(f"{kind}/queues", f"{name}/{each}") for each in queues]
    return [resource(kind, name), *children]


def identity(name: str) -> dict[str, Any]:
    return resource("Microsoft.ManagedIdentity/userAssignedIdentities", name)


def app(name: str, identities: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    attached: dict[str, Any] = {identity(each)["id"]: {} for each in identities}
    given = {"type": "UserAssigned", "userAssignedIdentities": attached} if attached else None
    more = {"identity": given} if given else {}
    return resource("Microsoft.App/containerApps", name, properties=properties, **more)


def assignment(scope: str, principal: str, name: str = "one", **more: Any) -> dict[str, Any]:
    kind = "Microsoft.Authorization/roleAssignments"
    properties = {"principalId": principal, "roleDefinitionId": READER} | more
    return {
        "id": f"{scope}/providers/{kind}/{name}",
        "type": kind,
        "name": name,
        "properties": properties,
    }


@pytest.fixture
def loaded(state: State, tmp_path: Path) -> Callable[..., Deployment]:
    """Load a snapshot of these resources."""

    def of(*resources: dict[str, Any], **top: Any) -> Deployment:
        path = tmp_path / "main.snapshot.json"
        path.write_text(json.dumps({"predictedResources": resources, "diagnostics": []} | top))
        return load(state, path)

    return of


Load = Callable[..., Deployment]


def reasons(deployment: Deployment) -> dict[str, str]:
    return {each.name: each.why for each in deployment.left_out}


def test_several_of_each_are_loaded_each_with_its_own_children(loaded: Load) -> None:
    found = loaded(
        *account("one", "a"), *account("one2", "b"), *vault("kv-a", "s"), *vault("kv-b", "t"),
        *namespace("sb-a", "q"), *namespace("sb-a2", "r"),
    )  # fmt: skip
    assert [(each.name, each.containers) for each in found.accounts] == [
        ("one", ("a",)),
        ("one2", ("b",)),
    ]
    secrets = [[secret.name for secret in each.secrets] for each in found.vaults]
    assert secrets == [["s"], ["t"]]
    assert [[queue.name for queue in each.queues] for each in found.namespaces] == [["q"], ["r"]]
    assert found.left_out == ()


def test_one_of_several_must_be_named(loaded: Load) -> None:
    with pytest.raises(SnapshotError, match="exactly one storage account, and there are 2: one, t"):
        _ = loaded(*account("one"), *account("two")).storage
    with pytest.raises(SnapshotError, match=r"exactly one key vault, and there are 0$"):
        _ = loaded(*account("one")).vault


def test_a_deployment_needs_none_of_what_the_sandbox_serves(loaded: Load) -> None:
    found = loaded(resource("Microsoft.Sql/servers", "sql"))
    assert (found.accounts, found.vaults, found.namespaces, found.components) == ((), (), (), ())
    assert found.left_out == (LeftOut("Microsoft.Sql/servers", "sql"),)
    assert found.subscription_id == "5ab5c21b-0000-4000-8000-000000000000"


def test_components_of_one_location_have_a_host_each(loaded: Load) -> None:
    kind = "Microsoft.Insights/components"
    found = loaded(
        resource(kind, "a"), resource(kind, "b"), resource(kind, "c", location="northeurope")
    )
    assert [each.host.partition(".")[0] for each in found.components] == [
        "westeurope-0",
        "westeurope-1",
        "northeurope-0",
    ]


def test_a_vault_under_access_policies_is_not_served_and_neither_are_its_secrets(
    loaded: Load,
) -> None:
    found = loaded(*vault("kv-a", "s", rbac=False), *vault("kv-b", "t"))
    assert [each.name for each in found.vaults] == ["kv-b"]
    assert "access policies" in reasons(found)["kv-a"]
    assert reasons(found)["kv-a/s"] == "kv-a is not served"
    newer = loaded(*vault("kv-a", rbac=False, apiVersion="2026-02-01"))
    assert [each.name for each in newer.vaults] == ["kv-a"]


def test_a_child_of_a_resource_that_exists_already_is_left_out_by_name(loaded: Load) -> None:
    found = loaded(namespace("sb-a", "q")[1])
    assert reasons(found) == {"sb-a/q": "sb-a is not served"}


def test_a_name_that_only_azure_knows_leaves_its_resource_out(loaded: Load) -> None:
    unknown = resource("Microsoft.KeyVault/vaults", "[uniqueString('a')]")
    found = loaded(unknown, *vault("kv-a"))
    assert [each.name for each in found.vaults] == ["kv-a"]
    assert reasons(found) == {"[uniqueString('a')]": "its name is known only on Azure"}


def test_a_name_that_is_no_hosts_is_left_out(loaded: Load) -> None:
    found = loaded(*vault("kv..a"), *vault("kv-a"))
    assert [each.name for each in found.vaults] == ["kv-a"]
    assert reasons(found)["kv..a"] == "its name cannot be part of a host name"


def test_an_app_needs_no_identity_no_template_and_no_value(loaded: Load) -> None:
    env = [
        {"name": "PLAIN", "value": "a"},
        {"name": "EMPTY"},
        {"name": "SECRET", "secretRef": "key"},
        {"name": "LISTED", "value": "[listKeys('x', '1').keys[0].value]"},
        {"name": "GONE", "value": "[reference('/gone', '1').vaultUri]"},
    ]
    found = loaded(app("bare"), app("web", template={"containers": [{"env": env}]}))
    assert found.app("bare").environment == {}
    assert found.app("web").environment == {"PLAIN": "a", "EMPTY": ""}
    why = [each.why for each in found.left_out if each.name == "web"]
    assert ["SECRET" in why[0], "listKeys()" in why[1], "/gone" in why[2]] == [True] * 3


def test_a_site_and_a_job_are_apps_too(loaded: Load) -> None:
    kind = "Microsoft.Web/sites"
    site = resource(
        kind,
        "func",
        identity={"type": "SystemAssigned"},
        properties={"siteConfig": {"appSettings": [{"name": "A", "value": "1"}]}},
    )
    more = resource(f"{kind}/config", "func/appsettings", properties={"B": "2"})
    job = resource("Microsoft.App/jobs", "nightly", properties={})
    found = loaded(site, more, job)
    assert found.app("func").environment == {"A": "1", "B": "2"}
    assert found.app("nightly").attachments == ()
    assert found.principal("func").kind is PrincipalKind.SYSTEM_ASSIGNED


def test_any_resource_with_an_identity_of_its_own_is_a_principal(loaded: Load) -> None:
    cluster = resource(
        "Microsoft.ContainerService/managedClusters", "aks", identity={"type": "SystemAssigned"}
    )
    principal = f"[reference('{cluster['id']}', '2024-01-01', 'full').identity.principalId]"
    found = loaded(cluster, *account("one"), assignment(GROUP, principal))
    [assigned] = found.assignments
    assert assigned.principal_id == found.principal("aks").principal_id


def test_an_identity_of_another_deployment_is_not_attached(loaded: Load) -> None:
    assert loaded(app("web", identities=("elsewhere",))).app("web").attachments == ()


def test_a_user_that_only_an_assignment_names_is_a_principal(loaded: Load) -> None:
    found = loaded(*account("one"), assignment(GROUP, USER, principalType="User"))
    assert found.principal("user").principal_id == USER
    named = loaded(
        *account("one"),
        assignment(GROUP, USER, principalType="User"),
        outputs={"DEVELOPER_PRINCIPAL_ID": USER, "OTHER_PRINCIPAL_ID": "[listKeys('x')]"},
    )
    assert [each.name for each in named.users] == ["developer", "deployer"]


@pytest.mark.parametrize(
    ("more", "why", "to_group"),
    [
        (
            {"condition": "@Resource[name] StringEquals 'mine'"},
            "its condition is not evaluated",
            False,
        ),
        ({"principalType": "Group"}, "has no groups", True),
    ],
)
def test_a_condition_and_a_group_grant_nothing_and_are_kept_apart(
    loaded: Load, more: dict[str, str], why: str, to_group: bool
) -> None:
    found = loaded(*account("one"), assignment(GROUP, USER, **more), assignment(GROUP, USER, "two"))
    assert [each.id.rpartition("/")[2] for each in found.assignments] == ["two"]
    [other] = found.not_evaluated
    assert why in other.why
    assert (other.assignment.scope, other.to_group) == (GROUP, to_group)


@pytest.mark.parametrize("on_group", [False, True])
def test_an_assignment_whose_principal_only_azure_knows_grants_nothing(
    loaded: Load, on_group: bool
) -> None:
    principal = "[reference('/elsewhere', '1').principalId]"
    name = f"guid('a', {principal[1:-1]})"
    kind = "Microsoft.Authorization/roleAssignments"
    written = assignment(GROUP, principal)
    _, _, subscription, _, group = GROUP.split("/")
    written["id"] = (
        f"[resourceId('{subscription}', '{group}', '{kind}', {name})]"
        if on_group
        else f"[extensionResourceId('{GROUP}', '{kind}', {name})]"
    )
    found = loaded(*account("one"), written)
    assert found.assignments == ()
    [left] = found.left_out
    assert left.name.startswith(f"{GROUP}/providers/{kind}/")
    assert "its principalId is known only on Azure" in left.why


def test_an_identity_that_no_app_has_is_an_environment_of_its_own(loaded: Load) -> None:
    cluster = resource(
        "Microsoft.ContainerService/managedClusters", "aks", identity={"type": "SystemAssigned"}
    )
    found = loaded(cluster, identity("id-alone-x"), identity("id-web-x"), app("web", ("id-web-x",)))
    assert {each.name: [a.identity.name for a in each.attachments] for each in found.apps} == {
        "web": ["web"],
        "aks": ["aks"],
        "alone": ["alone"],
    }
    assert found.app("alone").environment.keys() == {"AZURE_CLIENT_ID"}
    assert [each.name for each in found.services] == ["web"]


def test_an_assignment_of_a_role_that_is_not_known_grants_nothing(loaded: Load) -> None:
    other = f"{READER.rpartition('/')[0]}/00000000-0000-4000-8000-00000000abcd"
    found = loaded(*account("one"), assignment(GROUP, USER, roleDefinitionId=other))
    assert found.assignments == ()
    [left] = found.left_out
    assert "its role 00000000-0000-4000-8000-00000000abcd is not known here" in left.why


def test_a_role_of_several_permissions_is_left_out(loaded: Load) -> None:
    permissions = [{"dataActions": ["a/b"]}, {"dataActions": ["c/d"]}]
    role = resource(
        "Microsoft.Authorization/roleDefinitions",
        "r",
        properties={"roleName": "Both", "permissions": permissions},
    )
    found = loaded(role)
    assert found.custom_roles == ()
    assert "several permissions" in reasons(found)["Both"]


def test_what_bicep_could_not_predict_is_left_out_in_its_words(loaded: Load) -> None:
    found = loaded(*account("one"), diagnostics=["a nested deployment was\ncut short"])
    assert [each.why for each in found.left_out] == [
        "Bicep could not predict it: a nested deployment was cut short"
    ]


def test_a_setting_that_only_azure_knows_has_azures_default(loaded: Load) -> None:
    queue = namespace("sb-a", "q")[1] | {
        "properties": {"lockDuration": "[reference('/x').lock]", "maxDeliveryCount": 3}
    }
    secret = vault("kv-a", "s")[1] | {"properties": {"value": "[parameters('password')]"}}
    found = loaded(namespace("sb-a")[0], queue, vault("kv-a")[0], secret)
    settings = found.bus.queues[0].settings
    assert (settings.lock_duration.total_seconds(), settings.max_delivery_count) == (60, 3)
    assert found.vault.secrets[0].value == "known only on Azure"
    assert reasons(found).keys() == {"sb-a/q", "kv-a/s"}


@pytest.mark.parametrize(
    ("sku", "size"), [({}, 256), ({"name": "Standard"}, 256), ({"name": "Premium"}, 2048)]
)
def test_sessions_status_and_size_are_those_of_the_template(
    loaded: Load, sku: dict[str, str], size: int
) -> None:
    properties = {
        "requiresSession": True,
        "status": "sendDisabled",
        "maxMessageSizeInKilobytes": 2048,
    }
    queue = namespace("sb-a", "q")[1] | {"properties": properties}
    bus = loaded(namespace("sb-a")[0] | {"sku": sku}, queue).bus
    settings = bus.queues[0].settings
    assert settings.requires_session
    assert settings.status is EntityStatus.SEND_DISABLED
    assert bus.max_message_size(settings) == size * 1024
    assert bus.max_message_size(EntitySettings()) == (1024 if bus.is_premium else 256) * 1024


def test_a_snapshot_needs_no_outputs_and_no_diagnostics(state: State, tmp_path: Path) -> None:
    path = tmp_path / "main.snapshot.json"
    path.write_text(json.dumps({"predictedResources": account("one")}))
    assert [each.name for each in load(state, path).accounts] == ["one"]


def test_a_snapshot_without_ids_says_how_to_take_one_with_them(loaded: Load) -> None:
    with pytest.raises(SnapshotError, match="take the snapshot with --subscription-id"):
        loaded({"id": "[resourceId('a/b', 'c')]", "type": "a/b", "name": "c"})


def test_a_condition_that_is_false_deploys_nothing(loaded: Load) -> None:
    absent = vault("kv-b")[0] | {"condition": "[equals('a', 'b')]"}
    unknown = vault("kv-c")[0] | {"condition": "[not(empty(parameters('x')))]"}
    found = loaded(*vault("kv-a"), absent, unknown)
    assert [each.name for each in found.vaults] == ["kv-a", "kv-c"]


def test_an_assignment_that_may_not_be_deployed_grants_nothing(loaded: Load) -> None:
    absent = assignment(GROUP, USER, "absent") | {"condition": "[equals('a', 'b')]"}
    unknown = assignment(GROUP, USER, "unknown") | {"condition": "[empty(parameters('x'))]"}
    present = assignment(GROUP, USER, "present") | {"condition": "[equals('a', 'a')]"}
    found = loaded(*account("one"), absent, unknown, present)
    assert [each.id.rpartition("/")[2] for each in found.assignments] == ["present"]
    [left] = found.left_out
    assert (left.name.rpartition("/")[2], left.why) == (
        "unknown",
        "its condition is known only on Azure, so it grants nothing here",
    )


def test_our_own_deployment_leaves_out_only_what_runs_no_plane(deployment: Deployment) -> None:
    assert {each.type.partition("/")[0] for each in deployment.left_out} == {
        "Microsoft.App",
        "Microsoft.ContainerRegistry",
        "Microsoft.Insights",
        "Microsoft.OperationalInsights",
        "Microsoft.Resources",
        "Microsoft.Storage",  # a lifecycle rule
    }
    assert not [each for each in deployment.left_out if each.why]
    assert deployment.not_evaluated == ()
