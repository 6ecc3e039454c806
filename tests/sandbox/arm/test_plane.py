"""management.azure.com: the lists of a sign-in for a caller with a role, and Azure's refusals."""

import pytest

from sandbox.audit import Outcome
from sandbox.deployment import Principal, PrincipalKind
from sandbox.entra import MANAGEMENT, MANAGEMENT_AUDIENCES, VAULT
from tests.sandbox.arm.front import Front
from tests.sandbox.entra.desk import asked

VERSION = "api-version=2022-12-01"
STRANGER = Principal("stranger", PrincipalKind.USER, "9" * 8 + "-0000-4000-8000-000000000000", "")


@pytest.fixture
def developer(front: Front) -> Principal:
    return front.deployment.principal("developer")


def test_a_user_sees_the_tenant(front: Front, developer: Principal) -> None:
    status, found = front.get(f"/tenants?{VERSION}", developer)
    assert status == 200
    assert [each["tenantId"] for each in found["value"]] == [front.deployment.tenant_id]
    assert (front.last().outcome, front.last().identity) == (Outcome.ALLOWED, "developer")


@pytest.mark.parametrize("name", ["developer", "operator", "gateway"])
def test_a_caller_with_a_role_in_the_subscription_sees_it(front: Front, name: str) -> None:
    principal, subscription = front.deployment.principal(name), front.deployment.subscription_id
    status, found = front.get(f"/subscriptions?{VERSION}", principal)
    assert status == 200
    assert [each["subscriptionId"] for each in found["value"]] == [subscription]
    status, found = front.get(f"/subscriptions/{subscription.upper()}?{VERSION}", principal)
    assert (status, found["state"]) == (200, "Enabled")
    record = front.last()
    mine = {each.id for each in front.deployment.assignments if each.principal_id in str(principal)}
    assert (record.identity, record.assignment in mine) == (name, True)


def test_a_caller_without_a_role_sees_no_subscription(front: Front) -> None:
    assert front.get(f"/subscriptions?{VERSION}", STRANGER) == (200, {"value": []})
    path = f"/subscriptions/{front.deployment.subscription_id}?{VERSION}"
    assert front.get(path, STRANGER)[0] == 403


@pytest.mark.parametrize("audience", sorted(MANAGEMENT_AUDIENCES))
def test_both_of_its_names_are_audiences_with_and_without_a_slash(
    front: Front, developer: Principal, audience: str
) -> None:
    assert front.get(f"/tenants?{VERSION}", developer, audience=audience)[0] == 200


def test_a_token_for_another_service_is_worth_nothing(front: Front, developer: Principal) -> None:
    status, found = front.get(f"/tenants?{VERSION}", developer, audience=VAULT)
    assert (status, found["error"]["code"]) == (401, "InvalidAuthenticationTokenAudience")
    assert front.last().outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, "AuthenticationFailed"),
        ({"Authorization": "Basic QTpC"}, "AuthenticationFailed"),
        ({"Authorization": "Bearer no.such.token"}, "InvalidAuthenticationToken"),
    ],
)
def test_without_a_token_that_proves_something_there_is_a_challenge(
    front: Front, header: dict[str, str], code: str
) -> None:
    status, found, headers = asked(
        front.application(), "GET", f"/tenants?{VERSION}", headers=header
    )
    assert (status, found["error"]["code"]) == (401, code)
    login = f"https://login.microsoftonline.com/{front.deployment.tenant_id}"
    assert f'authorization_uri="{login}"' in headers["WWW-Authenticate"]


def test_an_expired_token_has_a_code_of_its_own(front: Front, developer: Principal) -> None:
    token = front.issuer.issue(developer, MANAGEMENT, lifetime=-1).text
    status, found, _ = asked(
        front.application(),
        "GET",
        f"/tenants?{VERSION}",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (status, found["error"]["code"]) == (401, "ExpiredAuthenticationToken")


def test_a_version_has_to_be_named(front: Front, developer: Principal) -> None:
    status, found = front.get("/tenants", developer)
    assert (status, found["error"]["code"]) == (400, "MissingApiVersionParameter")
    assert front.get(f"/tenants?{VERSION}", developer)[0] == 200


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
def test_nothing_can_be_changed(front: Front, developer: Principal, method: str) -> None:
    path = f"/subscriptions/{front.deployment.subscription_id}?{VERSION}"
    status, found = front.get(path, developer, method)
    assert (status, found["error"]["code"]) == (403, "AuthorizationFailed")
    assert front.get(path, developer)[0] == 200


def test_every_other_operation_is_refused_by_its_name(front: Front, developer: Principal) -> None:
    storage = front.deployment.storage.id
    status, found = front.get(f"{storage}/listKeys?{VERSION}", developer, "POST")
    assert (status, found["error"]["code"]) == (403, "AuthorizationFailed")
    assert "The client 'developer@keyless.example'" in found["error"]["message"]
    assert "'Microsoft.Storage/storageAccounts/listKeys/action'" in found["error"]["message"]
    assert f"over scope '{storage}'" in found["error"]["message"]
    record = front.last()
    assert (record.outcome, record.identity) == (Outcome.REFUSED, "developer")
