"""The committed snapshot loads as the deployment of the Bicep."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import Deployment, Lifecycle, PrincipalKind, load
from sandbox.state import State

SERVICES = {"gateway", "thumbnailer", "catalog", "notifier"}
USER_ASSIGNED = {"gateway", "thumbnailer", "catalog", "platform"}


def test_the_four_services_are_its_apps(deployment: Deployment) -> None:
    assert {each.name for each in deployment.apps} == SERVICES


def test_every_principal_has_its_kind(deployment: Deployment) -> None:
    kinds = {each.name: each.kind for each in deployment.principals}
    users = dict.fromkeys(("developer", "operator"), PrincipalKind.USER)
    managed = dict.fromkeys(USER_ASSIGNED, PrincipalKind.USER_ASSIGNED)
    assert kinds == managed | users | {"notifier": PrincipalKind.SYSTEM_ASSIGNED}


def test_no_two_principals_share_an_id(deployment: Deployment) -> None:
    ids = [each.principal_id for each in deployment.principals]
    ids += [each.client_id for each in deployment.principals if each.client_id]
    assert len(set(ids)) == len(ids)


def test_code_gets_its_own_identity_and_never_the_platforms(deployment: Deployment) -> None:
    for app in deployment.apps:
        lifecycles = {each.identity.name: each.lifecycle for each in app.attachments}
        assert lifecycles == {app.name: Lifecycle.MAIN, "platform": Lifecycle.NONE}


def test_an_environment_has_no_expression_left_in_it(deployment: Deployment) -> None:
    for app in deployment.apps:
        assert app.environment
        assert not [each for each in app.environment.values() if "[" in each or "(" in each]


def test_an_environment_names_the_app_its_own_identity(deployment: Deployment) -> None:
    for name in ("gateway", "thumbnailer", "catalog"):
        client_id = deployment.app(name).environment["AZURE_CLIENT_ID"]
        assert client_id == deployment.principal(name).client_id
    assert "AZURE_CLIENT_ID" not in deployment.app("notifier").environment


def test_an_environment_names_the_resources_by_their_azure_addresses(
    deployment: Deployment,
) -> None:
    gateway, notifier = deployment.app("gateway"), deployment.app("notifier")
    blob, vault = f"https://{deployment.storage.host}/", f"https://{deployment.vault.host}/"
    assert gateway.environment["AZURE_STORAGE_BLOB_ENDPOINT"] == blob
    assert notifier.environment["AZURE_KEY_VAULT_ENDPOINT"] == vault
    bus = gateway.environment["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"]
    assert bus == deployment.bus.host
    catalog = deployment.app("catalog").ingress
    assert catalog is not None
    assert gateway.environment["CATALOG_ENDPOINT"] == f"https://{catalog.host}"


def test_only_the_gateway_is_reached_from_outside(deployment: Deployment) -> None:
    ingresses = {each.name: each.ingress for each in deployment.apps if each.ingress}
    assert {name: each.external for name, each in ingresses.items()} == {
        "gateway": True,
        "catalog": False,
    }
    assert ingresses["catalog"].host.startswith("catalog.internal.")
    assert ingresses["gateway"].allowed == ("127.0.0.1/32",)


def test_every_assignment_is_of_a_known_principal_at_a_resource(
    deployment: Deployment, committed: dict[str, Any]
) -> None:
    known = {each.principal_id for each in deployment.principals}
    resources = {each["id"] for each in committed["predictedResources"]}
    assert deployment.assignments
    for each in deployment.assignments:
        assert each.principal_id in known
        assert each.scope in resources
        assert re.fullmatch(r".*/roleAssignments/[0-9a-f-]{36}", each.id)
        assert each.why


def test_no_two_assignments_share_an_id(deployment: Deployment) -> None:
    assert len({each.id for each in deployment.assignments}) == len(deployment.assignments)


def test_the_custom_roles_are_as_narrow_as_meant(deployment: Deployment) -> None:
    roles = {each.name.partition(" (")[0]: each for each in deployment.custom_roles}
    assert len(roles) == 3
    granted = sorted(
        tuple(sorted(pattern.rpartition("/secrets/")[2] for pattern in each.data_actions))
        for each in roles.values()
    )
    assert ("readMetadata/action", "setSecret/action") in granted
    for each in roles.values():
        assert not each.actions
        assert not any("*" in pattern for pattern in each.data_actions)
        assert not any("delete" in pattern.lower() for pattern in each.data_actions)


def test_the_vault_is_as_declared(deployment: Deployment) -> None:
    vault = deployment.vault
    assert vault.retention == timedelta(days=7)
    assert vault.purge_protection is False
    [secret] = vault.secrets
    assert (secret.name, secret.enabled) == ("webhook-signing-key", False)
    assert secret.value not in repr(vault)
    assert vault.secret_id("x") == f"{vault.id}/secrets/x"


def test_the_containers_are_as_declared(deployment: Deployment) -> None:
    assert set(deployment.storage.containers) == {"originals", "thumbnails", "catalog"}
    expected = f"{deployment.storage.id}/blobServices/default/containers/catalog"
    assert deployment.storage.container_id("catalog") == expected


def test_the_bus_has_its_queue_topic_and_subscriptions(deployment: Deployment) -> None:
    [queue], [topic] = deployment.bus.queues, deployment.bus.topics
    assert (queue.name, topic.name) == ("photo-uploads", "photo-events")
    assert {each.name for each in topic.subscriptions} == {"catalog", "notifier"}
    assert queue.settings.duplicate_window is not None
    assert topic.settings.duplicate_window is not None
    for each in topic.subscriptions:
        assert each.id == f"{topic.id}/subscriptions/{each.name}"
        assert each.rules


def test_no_rule_is_called_default_since_azure_may_remove_it(deployment: Deployment) -> None:
    [topic] = deployment.bus.topics
    written = {rule.name for each in topic.subscriptions for rule in each.rules}
    assert written >= {"processed", "rejected", "processed-or-rejected"}
    assert "$default" not in map(str.lower, written)


def test_who_is_not_there_is_told_who_is(deployment: Deployment) -> None:
    with pytest.raises(KeyError, match=r"'nobody'; choose from .*catalog, deployer, developer, "):
        deployment.principal("nobody")
    with pytest.raises(KeyError, match=r"'nobody'; choose from .*catalog, gateway, "):
        deployment.app("nobody")


def names_of(content: dict[str, Any], **renamed: str) -> None:
    """Rename identities wherever a snapshot names them."""
    text = json.dumps(content)
    for old, new in renamed.items():
        text = text.replace(f"id-{old}-sandbox", new)
    content.clear()
    content.update(json.loads(text))


def test_an_identity_of_one_app_is_called_as_the_app_whatever_its_name(
    state: State, changed: Callable[[Callable[[dict[str, Any]], None]], Path]
) -> None:
    path = changed(lambda content: names_of(content, gateway="uami-a", catalog="uami-b"))
    found = {each.name: each.resource_id for each in load(state, path).principals}
    assert found["gateway"].endswith("/uami-a")
    assert found["catalog"].endswith("/uami-b")
    assert found.keys() >= SERVICES | {"platform", "developer", "operator"}


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("id-puller-west-sandbox", "puller-west"),
        ("puller", "puller"),
        ("uami-puller", "uami-puller"),
        ("id-puller", "id-puller"),  # without a suffix
        ("id-gateway-prod", "id-gateway-prod"),  # another is called gateway
    ],
)
def test_any_other_identity_is_called_by_a_name_of_its_own(
    state: State,
    changed: Callable[[Callable[[dict[str, Any]], None]], Path],
    name: str,
    called: str,
) -> None:
    path = changed(lambda content: names_of(content, platform=name))
    others = {each.name for each in load(state, path).principals}
    assert others == SERVICES | {called, "developer", "operator"}
