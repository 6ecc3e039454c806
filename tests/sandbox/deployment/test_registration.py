"""The sandbox's Entra knows the registration in infra/entra."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import (
    REGISTRATION,
    Deployment,
    RegistrationError,
    deploy,
    load,
    recreate,
)
from sandbox.deployment.registration import registration
from sandbox.state import State
from services.catalog.app import ROLE
from services.gateway import catalog

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
APP_ID = "ca7a1060-0000-4000-8000-000000000003"


def test_the_services_are_told_its_app_id(deployment: Deployment) -> None:
    found = deployment.registration
    assert found is not None
    for name in ("gateway", "catalog"):
        assert deployment.app(name).environment["CATALOG_AUDIENCE"] == found.app_id
    assert deployment.app("catalog").environment["AZURE_TENANT_ID"] == deployment.tenant_id
    assert found.uris == (f"api://{found.app_id}",)


def test_gateway_and_developer_hold_the_role_that_the_services_know(
    deployment: Deployment,
) -> None:
    assert deployment.registration is not None
    assert ROLE == catalog.ROLE
    assert deployment.registration.roles == {
        deployment.principal(name).principal_id: (ROLE,) for name in ("gateway", "developer")
    }


def test_the_azure_cli_may_ask_for_it(deployment: Deployment) -> None:
    assert deployment.registration is not None
    assert deployment.registration.clients == (AZURE_CLI,)
    [scope] = json.loads(REGISTRATION.read_text())["application"]["api"]["oauth2PermissionScopes"]
    [allowed] = json.loads(REGISTRATION.read_text())["application"]["api"][
        "preAuthorizedApplications"
    ]
    assert allowed["delegatedPermissionIds"] == [scope["id"]]


def test_the_role_is_for_applications_and_for_users() -> None:
    [role] = json.loads(REGISTRATION.read_text())["application"]["appRoles"]
    assert role["allowedMemberTypes"] == ["Application", "User"]


def test_an_identity_made_anew_holds_no_role_until_the_next_deployment(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    recreate(state, load(state).principal("gateway").resource_id)
    found = load(state)
    new = found.principal("gateway").principal_id
    assert found.registration is not None
    assert new not in found.registration.roles
    deploy(state)
    found = load(state)
    assert found.registration is not None
    assert new in found.registration.roles


def test_where_no_audience_is_said_nothing_is_registered() -> None:
    assert registration("none", {}) is None
    assert registration(APP_ID, {}) is not None


def old_tokens(declared: Any) -> None:
    declared["application"]["api"]["requestedAccessTokenVersion"] = None


def required(declared: Any) -> None:
    declared["servicePrincipal"]["appRoleAssignmentRequired"] = True


def unknown_role(declared: Any) -> None:
    declared["heldBy"]["Catalog.Write"] = ["gateway"]


def no_scope(declared: Any) -> None:
    declared["application"]["api"]["oauth2PermissionScopes"] = []


@pytest.mark.parametrize("spoil", [old_tokens, required, unknown_role, no_scope])
def test_a_registration_that_the_sandbox_could_not_become_is_refused(
    spoil: Callable[[Any], None], tmp_path: Path
) -> None:
    declared = json.loads(REGISTRATION.read_text())
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(declared))
    assert registration(APP_ID, {}, path) is not None
    spoil(declared)
    path.write_text(json.dumps(declared))
    with pytest.raises(RegistrationError, match=r"catalog\.json declares no registration"):
        registration(APP_ID, {}, path)


def test_a_registration_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistrationError, match=r"gone\.json"):
        registration(APP_ID, {}, tmp_path / "gone.json")
