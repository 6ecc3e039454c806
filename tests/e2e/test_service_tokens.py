"""The catalog's API in a running sandbox: tokens that open it, and tokens that do not."""

import base64
import json
from typing import Any

import pytest
import requests
from azure.identity import ManagedIdentityCredential

from sandbox.audit import Outcome
from sandbox.deployment import Registration
from sandbox.entra import BLOB
from tests.conftest import Running


@pytest.fixture
def api(sandbox: Running) -> Registration:
    found = sandbox.deployment.registration
    assert found is not None
    return found


def token(sandbox: Running, service: str, resource: str, patch: pytest.MonkeyPatch) -> str:
    """Return the token that the SDK gets for the service's own identity."""
    variables = sandbox.act_as(service, patch)
    credential = ManagedIdentityCredential(client_id=variables.get("AZURE_CLIENT_ID"))
    return str(credential.get_token(f"{resource}/.default").token)


def ask(sandbox: Running, path: str, shown: str | None = None) -> requests.Response:
    """Ask through the catalog's own ingress, as from inside the environment."""
    catalog = sandbox.deployment.app("catalog").ingress
    assert catalog is not None
    headers = {"Authorization": f"Bearer {shown}"} if shown else {}
    return requests.get(
        f"https://{catalog.host}{path}",
        headers=headers,
        proxies={"https": sandbox.report.proxy},
        verify=sandbox.report.ca,
        timeout=30,
    )


def claims_of(shown: str) -> dict[str, Any]:
    payload = shown.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


@pytest.mark.parametrize("service", ["thumbnailer", "notifier", "catalog"])
def test_the_catalog_takes_the_gateways_identity_and_refuses_another_services(
    sandbox: Running, api: Registration, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = token(sandbox, "gateway", api.app_id, monkeypatch)
    other = token(sandbox, service, api.app_id, monkeypatch)
    assert claims_of(good)["roles"] == ["Catalog.Read"]
    assert "roles" not in claims_of(other)
    assert ask(sandbox, "/photos", good).status_code == 200
    refused = ask(sandbox, "/photos", other)
    assert refused.status_code == 403
    assert refused.headers["WWW-Authenticate"].startswith('Bearer error="insufficient_scope"')
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_no_token_and_a_token_for_another_service_are_401(
    sandbox: Running, api: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = ask(sandbox, "/photos")
    assert (nothing.status_code, nothing.headers["WWW-Authenticate"]) == (401, "Bearer")
    refused = ask(sandbox, "/photos", token(sandbox, "gateway", BLOB, monkeypatch))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    good = token(sandbox, "gateway", f"api://{api.app_id}", monkeypatch)
    assert ask(sandbox, "/photos", good).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_token(sandbox: Running, path: str) -> None:
    assert ask(sandbox, path).status_code == 200


def test_the_role_in_an_issued_token_is_on_record(
    sandbox: Running, api: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service, role in (("thumbnailer", ""), ("gateway", "Catalog.Read")):
        token(sandbox, service, api.app_id, monkeypatch)
        issued = [
            each
            for each in sandbox.audit()
            if each.outcome is Outcome.ISSUED and each.resource == api.app_id
        ]
        assert (issued[-1].identity, issued[-1].role) == (service, role)
