"""The variables by which the tests of each suite find the deployment."""

from collections.abc import Iterable, Mapping
from typing import Any

import requests
from azure.identity import DefaultAzureCredential

from sandbox.deployment.snapshot import ACCOUNT, NAMESPACE, SITE, Snapshot
from sandbox.testing.deployment import Keyless

OWNER = "owner"
APP = "app-sdk-fkx2xbte"
_ARM = "https://management.azure.com"
_API_VERSION = "2024-01-01"


def of_the_bus(sandbox: Keyless, snapshot: Snapshot) -> Mapping[str, str]:
    """Return the variables of azure-servicebus' tests."""
    (namespace,) = snapshot.of_type(NAMESPACE)
    return {"SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": f"{namespace['name']}.servicebus.windows.net"}


def of_storage(sandbox: Keyless, snapshot: Snapshot) -> Mapping[str, str]:
    """Return the variables of azure-storage-blob's tests, with the keys of the accounts.

    Raises requests.RequestException if the control plane does not list them.
    """
    accounts = list(snapshot.of_type(ACCOUNT))
    with sandbox.as_identity(OWNER):
        keys = {each["id"]: _key(each["id"]) for each in accounts}
    found = {"AZURE_TEST_RUN_LIVE": "true"}
    for each in accounts:
        for prefix in prefixes(each):
            found[f"{prefix}STORAGE_ACCOUNT_NAME"] = each["name"]
            found[f"{prefix}STORAGE_ACCOUNT_KEY"] = keys[each["id"]]
    found["AZURE_SUBSCRIPTION_ID"], found["STORAGE_RESOURCE_GROUP_NAME"] = _place(accounts[0])
    return found


def of_an_app(sandbox: Keyless, snapshot: Snapshot) -> Mapping[str, str]:
    """Return the variables of azure-identity's tests that the app's own settings lack.

    They are the older names of the identity endpoint, which the tests look for and nothing uses.
    """
    (app,) = snapshot.of_type(SITE)
    theirs = sandbox.as_identity(app["name"]).environment
    return {
        "AZURE_TEST_RUN_LIVE": "true",
        "MSI_ENDPOINT": theirs["IDENTITY_ENDPOINT"],
        "MSI_SECRET": theirs["IDENTITY_HEADER"],
    }


def prefixes(account: Mapping[str, Any]) -> Iterable[str]:
    """Return the beginnings of the names of an account's variables, by a tag of the template."""
    return [f"{each}_" if each else "" for each in account["tags"]["tests"].split(",")]


def _place(resource: Mapping[str, Any]) -> tuple[str, str]:
    """Return the subscription and the resource group of a resource."""
    _, _, subscription, _, group, *_ = resource["id"].split("/")
    return subscription, group


def _key(account_id: str) -> str:
    """Return a key of an account. Raises requests.RequestException."""
    token = DefaultAzureCredential().get_token(f"{_ARM}/.default").token
    answer = requests.post(
        f"{_ARM}{account_id}/listKeys",
        params={"api-version": _API_VERSION},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["keys"][0]["value"])
