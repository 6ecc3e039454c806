"""Every operation by every caller: each denial is the request that the right identity may send."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.audit import Outcome
from tests.sandbox.keyvault.harness import (
    API,
    EXTRA,
    NEIGHBOUR,
    OFFICER,
    OWNER,
    SECRET,
    STRANGER,
    RunningVault,
)

VAULT_ACTION = "Microsoft.KeyVault/vaults/secrets/"


@dataclass(frozen=True)
class Case:
    """An operation on the one secret or on the vault, and the callers that may, by intent."""

    operation: str
    action: str
    method: str
    path: str
    may: frozenset[str]
    of_the_vault: bool = False
    deleted: bool = False
    body: Any = None
    status: int = 200


def may(*names: str) -> frozenset[str]:
    return frozenset({"officer", *names})


USERS = ("notifier", "developer")
LIVE, DELETED = f"/secrets/{SECRET}", f"/deletedsecrets/{SECRET}"
CASES = [
    Case("SecretSet", "setSecret/action", "PUT", LIVE, may("operator"), body={"value": "new"}),
    Case("SecretGet", "getSecret/action", "GET", LIVE, may(*USERS)),
    Case("SecretUpdate", "update/action", "PATCH", LIVE, may(), body={"tags": {}}),
    Case("SecretDelete", "delete", "DELETE", LIVE, may()),
    Case("SecretBackup", "backup/action", "POST", f"{LIVE}/backup", may()),
    Case(
        "SecretListVersions",
        "readMetadata/action",
        "GET",
        f"{LIVE}/versions",
        may(*USERS, "operator", "reader"),
    ),
    Case("SecretList", "readMetadata/action", "GET", "/secrets", may("reader"), True),
    Case(
        "SecretRestore",
        "restore/action",
        "POST",
        "/secrets/restore",
        may(),
        True,
        body={"value": "AA"},
        status=400,
    ),
    Case("SecretListDeleted", "readMetadata/action", "GET", "/deletedsecrets", may("reader"), True),
    Case(
        "SecretGetDeleted",
        "readMetadata/action",
        "GET",
        DELETED,
        may(*USERS, "operator", "reader"),
        deleted=True,
    ),
    Case("SecretRecover", "recover/action", "POST", f"{DELETED}/recover", may(), deleted=True),
    Case("SecretPurge", "purge/action", "DELETE", DELETED, may(), deleted=True, status=204),
]


def everybody(running: RunningVault) -> list[str]:
    return [each.name for each in running.deployment.principals]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_an_operation_is_done_for_callers_with_the_right_alone(
    running: RunningVault, case: Case
) -> None:
    client = running.client(OFFICER)
    client.set_secret(SECRET, "the value")
    if case.deleted:
        client.begin_delete_secret(SECRET)
    target = f"{case.path}?{API}"
    denied = [each for each in everybody(running) if each not in case.may]
    for who in denied:
        token = running.token(running.principal(who))
        reply = running.send(case.method, target, token, case.body)
        assert (reply.status, reply.error["innererror"]) == (403, {"code": "ForbiddenByRbac"}), who
        assert b"the value" not in reply.content
    allowed = [*sorted(case.may - {"officer"}), "officer"]
    for who in allowed:
        token = running.token(running.principal(who))
        assert running.send(case.method, target, token, case.body).status == case.status, who
    recorded = [
        (each.identity, each.outcome)
        for each in running.audit()
        if each.operation == case.operation and each.action == VAULT_ACTION + case.action
    ]
    expected = [(who, Outcome.DENIED) for who in denied]
    expected += [(who, Outcome.ALLOWED) for who in allowed]
    assert recorded[-len(expected) :] == expected


def test_the_matrix_names_everybody_and_every_operation(running: RunningVault) -> None:
    known = {"gateway", "thumbnailer", "catalog", "platform", "notifier", "developer", "operator"}
    assert set(everybody(running)) >= known | {each.name for each in EXTRA}
    assert len({each.operation for each in CASES}) == 12


def test_the_operator_sets_the_key_and_cannot_read_it_back(running: RunningVault) -> None:
    operator = running.client(running.principal("operator"))
    notifier = running.client(running.principal("notifier"))
    made = operator.set_secret(SECRET, "the key")
    assert notifier.get_secret(SECRET).value == "the key"
    for version in (None, made.properties.version):
        with pytest.raises(HttpResponseError, match="not authorized to perform action"):
            operator.get_secret(SECRET, version)


def test_a_right_on_one_secret_opens_no_neighbour(running: RunningVault) -> None:
    officer = running.client(OFFICER)
    names = [f"{SECRET}-2", SECRET[:-1], f"{SECRET}s", "other", SECRET.replace("-", "")]
    for each in names:
        officer.set_secret(each, "the value")
        token = running.token(running.principal("notifier"))
        assert running.send("GET", f"/secrets/{each}?{API}", token).status == 403
    neighbour = running.client(NEIGHBOUR)
    assert neighbour.get_secret(f"{SECRET}-2").value == "the value"
    with pytest.raises(HttpResponseError, match="not authorized"):
        neighbour.get_secret(SECRET)


def test_a_right_reaches_its_secret_in_any_case(running: RunningVault) -> None:
    running.client(OFFICER).set_secret(SECRET, "the value")
    notifier = running.client(running.principal("notifier"))
    assert notifier.get_secret(SECRET.upper()).value == "the value"


def test_a_denied_caller_cannot_find_out_which_secrets_exist(running: RunningVault) -> None:
    running.client(OFFICER).set_secret("there", "1")
    token = running.token(STRANGER)
    replies = [running.send("GET", f"/secrets/{each}?{API}", token) for each in ("there", "where")]
    messages = {re.sub("there|where", "", each.error["message"]) for each in replies}
    assert [each.status for each in replies] == [403, 403]
    assert len(messages) == 1


def test_an_owner_of_the_vault_reads_no_secret(running: RunningVault) -> None:
    running.client(OFFICER).set_secret("one", "the value")
    with pytest.raises(HttpResponseError, match="not authorized"):
        running.client(OWNER).get_secret("one")


def test_a_denial_is_azures_to_the_letter(running: RunningVault) -> None:
    who = running.principal("gateway")
    reply = running.send("GET", f"/secrets/One?{API}", running.token(who))
    group = running.vault.id.split("/")[4].lower()
    subscription, tenant = running.deployment.subscription_id, running.deployment.tenant_id
    assert reply.json == {
        "error": {
            "code": "Forbidden",
            "message": (
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, "
                "deny assignments or role definitions were changed recently, please observe "
                f"propagation time.\r\nCaller: appid={who.client_id};oid={who.principal_id};"
                f"iss=https://sts.windows.net/{tenant}/\r\n"
                "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n"
                f"Resource: '/subscriptions/{subscription}/resourcegroups/{group}/providers/"
                f"microsoft.keyvault/vaults/{running.vault.name}/secrets/one'\r\n"
                "Assignment: (not found)\r\nDenyAssignmentId: null\r\n"
                "DecisionReason: 'DeniedWithNoValidRBAC' \r\n"
                f"Vault: {running.vault.name};location=westeurope\r\n"
            ),
            "innererror": {"code": "ForbiddenByRbac"},
        }
    }


def test_a_denied_list_names_the_vault_as_its_resource(running: RunningVault) -> None:
    reply = running.send("GET", f"/secrets?{API}", running.token(STRANGER))
    assert f"/vaults/{running.vault.name}'\r\n" in reply.error["message"]


def test_a_denied_set_with_a_broken_body_is_denied_first(running: RunningVault) -> None:
    reply = running.send("PUT", f"/secrets/one?{API}", running.token(STRANGER), b"{")
    assert reply.status == 403
    assert running.send("PUT", f"/secrets/one?{API}", running.token(OFFICER), b"{").status == 400


def test_the_audit_names_the_caller_the_operation_and_the_role_or_the_missing_ones(
    running: RunningVault,
) -> None:
    running.client(running.principal("operator")).set_secret(SECRET, "the key")
    running.send("GET", f"/secrets/{SECRET}?{API}", running.token(STRANGER))
    [allowed] = running.audit(Outcome.ALLOWED)
    assert (allowed.service, allowed.operation) == ("vault", "SecretSet")
    assert allowed.identity == "operator"
    assert allowed.scope == running.vault.secret_id(SECRET)
    assert allowed.assignment
    assert allowed.why
    [denied] = running.audit(Outcome.DENIED)
    assert (denied.operation, denied.identity) == ("SecretGet", "stranger")
    assert "Key Vault Secrets User" in denied.missing
