"""Requests to the vault as they are sent, without the SDK, which would tidy them."""

import re

import requests

from tests.access import sample
from tests.access.actor import Actor
from tests.access.tokens import VAULT, claims_of, token_of

API = "api-version=7.4"
KEY = f"/secrets/{sample.KEY}"


def ask(
    actor: Actor, method: str, path: str, body: bytes | None = None, **headers: str
) -> requests.Response:
    """A request with the actor's own token; `path` may hold a query of its own."""
    return ask_with(token_of(actor, VAULT), actor, method, path, body, **headers)


def ask_with(
    token: str, actor: Actor, method: str, path: str, body: bytes | None = None, **headers: str
) -> requests.Response:
    """A request with any text as its token, or without one."""
    own = {"Authorization": f"Bearer {token}"} if token else {}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(
        method,
        f"https://{actor.hosts.vault}{path if '?' in path else f'{path}?{API}'}",
        data=body,
        headers={"Content-Type": "application/json", **own, **given},
        timeout=30,
    )


def vault_name(actor: Actor) -> str:
    return actor.hosts.vault.partition(".")[0]


def assert_denied(actor: Actor, answer: requests.Response, right: str, on: str = "") -> None:
    """ForbiddenByRbac to the letter; `on` is a part of the vault, empty for the vault itself."""
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (403, "Forbidden")
    assert error["innererror"] == {"code": "ForbiddenByRbac"}
    assert re.fullmatch(_denial(actor, right, on), error["message"]), error["message"]


def _denial(actor: Actor, right: str, on: str) -> str:
    """https://github.com/piyushsachdeva/Terraform_AKS/issues/2"""
    claims, vault = claims_of(token_of(actor, VAULT)), re.escape(vault_name(actor))
    caller = re.escape(f"appid={claims['appid']};oid={claims['oid']};iss={claims['iss']}")
    return (
        r"Caller is not authorized to perform action on resource\.\r\n"
        r"If role assignments, deny assignments or role definitions were changed recently, "
        r"please observe propagation time\.\r\n"
        rf"Caller: {caller}\r\n"
        rf"Action: 'Microsoft\.KeyVault/vaults/secrets/{re.escape(right)}'\r\n"
        r"Resource: '/subscriptions/[0-9a-f-]{36}/resourcegroups/[^/A-Z]+"
        rf"/providers/microsoft\.keyvault/vaults/{vault}{re.escape(on)}'\r\n"
        r"Assignment: \(not found\)\r\n"
        r"DenyAssignmentId: null\r\n"
        r"DecisionReason: 'DeniedWithNoValidRBAC' \r\n"
        rf"Vault: {vault};location=[a-z0-9]+\r\n"
    )
