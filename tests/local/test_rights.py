"""What the developer must be allowed, in an environment of other names than the snapshot's."""

from dataclasses import replace

import pytest

from local.granting import assignment_name
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
    grant,
    rights_of_developer,
)
from local.values import Values, ValuesError
from sandbox.deployment import Deployment, load
from sandbox.state import State

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


def test_a_grant_is_for_a_user_on_one_scope(rights: tuple[Right, ...]) -> None:
    (secret,) = (each for each in rights if each.target == "secrets/webhook-signing-key")
    assert grant(secret, "me") == (
        "az role assignment create --assignee-object-id me --assignee-principal-type User "
        f'--role "Key Vault Secrets User" --scope {secret.scope}'
    )


def test_a_grant_that_is_meant_is_named_as_the_deployment_names_it(
    rights: tuple[Right, ...],
) -> None:
    (secret,) = (each for each in rights if each.target == "secrets/webhook-signing-key")
    name = assignment_name("4633458b-17de-408a-b874-0445c86b69e6", secret.scope, "me")
    assert grant(secret, "me", meant=True) == f"{grant(secret, 'me')} --name {name}"


def test_a_role_of_our_own_is_another_in_each_environment(rights: tuple[Right, ...]) -> None:
    """So the deployment's name for its assignment is not known here."""
    (keeper, *_) = (each for each in rights if each.target == "containers/catalog")
    assert "--name" not in grant(keeper, "me", meant=True)


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
