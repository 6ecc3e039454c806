"""The developer's rights, in an environment with other names than the snapshot's."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.az_commands import assignment_name
from local.azd_values import Values, ValuesError
from local.rights import (
    ADD,
    GET_SECRET,
    READ,
    READ_TAGS,
    RECEIVE,
    SEND,
    WRITE,
    Environment,
    Right,
    grant_command,
    rights_of_developer,
)
from sandbox.deployment import Deployment, load
from sandbox.state import State
from tests.infra.bicep import committed, expand, needs_bicep, of_type

THERE = Environment("sub-1", "rg-keyless-dev", "stdevabc12345", "kv-dev-abc12345", "sb-dev-1")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="module")
def rights(deployment: Deployment) -> tuple[Right, ...]:
    return rights_of_developer(deployment, THERE)


def test_the_developer_needs_what_the_services_need(rights: tuple[Right, ...]) -> None:
    found = {(each.target, action): each.services for each in rights for action in each.actions}
    assert found == {
        ("containers/originals", ADD): ("gateway",),
        ("containers/originals", READ_TAGS): ("gateway",),
        ("containers/originals", READ): ("thumbnailer",),
        ("containers/thumbnails", READ): ("thumbnailer",),
        ("containers/thumbnails", WRITE): ("thumbnailer",),
        ("containers/catalog", READ): ("catalog",),
        ("containers/catalog", WRITE): ("catalog",),
        ("queues/photo-uploads", SEND): ("gateway",),
        ("queues/photo-uploads", RECEIVE): ("thumbnailer",),
        ("topics/photo-events", SEND): ("thumbnailer",),
        ("subscriptions/catalog", RECEIVE): ("catalog",),
        ("subscriptions/notifier", RECEIVE): ("notifier",),
        ("secrets/webhook-signing-key", GET_SECRET): ("notifier",),
    }


def test_scopes_and_roles_bear_the_environments_names(
    rights: tuple[Right, ...], deployment: Deployment
) -> None:
    group = "/subscriptions/sub-1/resourceGroups/rg-keyless-dev/providers"
    (keeper, *_) = (each for each in rights if each.target == "containers/catalog")
    assert keeper.role == "Keyless Blob Keeper (dev-abc12345)"
    assert keeper.scope == (
        f"{group}/Microsoft.Storage/storageAccounts/stdevabc12345"
        "/blobServices/default/containers/catalog"
    )
    here = Environment.of_snapshot(deployment)
    text = " ".join(each.scope + each.role for each in rights)
    assert not [name for name in vars(here).values() if name in text]


def test_a_grant_is_for_a_user_on_one_scope_and_named_as_the_deployment_names_it(
    rights: tuple[Right, ...],
) -> None:
    (secret,) = (each for each in rights if each.target == "secrets/webhook-signing-key")
    name = assignment_name("4633458b-17de-408a-b874-0445c86b69e6", secret.scope, "me")
    assert grant_command(secret, "me") == (
        "az role assignment create --assignee-object-id me --assignee-principal-type User "
        f'--role "Key Vault Secrets User" --scope {secret.scope} --name {name}'
    )


def test_a_role_that_is_not_known_leaves_the_assignment_unnamed(rights: tuple[Right, ...]) -> None:
    assert "--name" not in grant_command(replace(rights[0], definition=""), "me")


def assigned(snapshot: Mapping[str, Any], who: str) -> set[str]:
    """Return the names of a user's assignments, whose object id is a parameter of the Bicep."""
    return {
        each["name"]
        for each in of_type(snapshot, "Microsoft.Authorization/roleAssignments")
        if each["properties"]["principalId"] == who
    }


def test_here_each_name_is_that_of_the_snapshots_own_assignment(deployment: Deployment) -> None:
    here = Environment.of_snapshot(deployment)
    me = deployment.principal("developer").principal_id
    found = {
        assignment_name(each.definition, each.scope, me)
        for each in rights_of_developer(deployment, here)
    }
    assert found
    assert found <= assigned(committed(), me)


ELSEWHERE = """using './main.bicep'
param environmentName = 'dev'
param location = 'northeurope'
param developerPrincipalId = 'de7e10be-0000-4000-8000-000000000001'
param operatorPrincipalId = 'none'
param catalogAudience = 'none'
param gatewayAddresses = ['any']
param partnerWebhookUrl = 'https://partner.example.com/webhooks'
"""


@needs_bicep
def test_in_another_environment_it_is_what_bicep_makes_there_for_roles_of_our_own_too(
    deployment: Deployment, tmp_path: Path
) -> None:
    there = expand(ELSEWHERE, tmp_path, "--deployment-name", "dev")
    (account,) = of_type(there, "Microsoft.Storage/storageAccounts")
    (vault,) = of_type(there, "Microsoft.KeyVault/vaults")
    (namespace,) = of_type(there, "Microsoft.ServiceBus/namespaces")
    environment = Environment(
        account["id"].split("/")[2],
        account["id"].split("/")[4],
        account["name"],
        vault["name"],
        namespace["name"],
    )
    me = "de7e10be-0000-4000-8000-000000000001"
    rights = rights_of_developer(deployment, environment)
    names = {assignment_name(each.definition, each.scope, me) for each in rights}
    assert any(each.role.startswith("Keyless ") for each in rights)
    assert len(names) == len(rights)
    assert names <= assigned(there, me)


def test_an_environment_is_known_by_its_outputs() -> None:
    named = {
        "AZURE_SUBSCRIPTION_ID": THERE.subscription,
        "AZURE_RESOURCE_GROUP": THERE.group,
        "AZURE_STORAGE_BLOB_ENDPOINT": f"https://{THERE.account}.blob.core.windows.net/",
        "AZURE_KEY_VAULT_ENDPOINT": f"https://{THERE.vault}.vault.azure.net/",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": f"{THERE.namespace}.servicebus.windows.net",
    }
    values = Values("a test", named)
    assert Environment.of(values) == THERE
    with pytest.raises(ValuesError, match="a test has no AZURE_RESOURCE_GROUP"):
        Environment.of(replace(values, named={**named, "AZURE_RESOURCE_GROUP": ""}))
