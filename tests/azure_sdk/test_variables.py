"""The deployment has the accounts and the identities that each suite looks for."""

from pathlib import Path

from sandbox.deployment.snapshot import ACCOUNT, SITE, Snapshot
from tests.azure_sdk.variables import APP, prefixes

SNAPSHOT = Snapshot.read(Path(__file__).parent / "deployment" / "main.snapshot.json")


def test_each_account_of_the_storage_tests_is_deployed_once() -> None:
    found = [each for account in SNAPSHOT.of_type(ACCOUNT) for each in prefixes(account)]
    known = ["", "SECONDARY_", "BLOB_", "PREMIUM_", "VERSIONED_", "SOFT_DELETE_"]
    assert found == known


def test_the_app_of_the_identity_tests_has_an_identity_of_each_kind() -> None:
    (app,) = SNAPSHOT.of_type(SITE)
    assert app["name"] == APP
    assert app["identity"]["type"] == "SystemAssigned, UserAssigned"
