"""Role assignments on management.azure.com: under RBAC, with Azure's answers and errors."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from sandbox.arm import role_assignments
from sandbox.audit import Outcome
from sandbox.deployment import Principal
from sandbox.rbac import DRIFT_FILE
from tests.sandbox.arm.front import Front

READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"  # Storage Blob Data Reader
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER_ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
NAME = "11111111-2222-4333-8444-555555555555"
ROLES = "providers/Microsoft.Authorization"


@pytest.fixture
def deployer(front: Front) -> Principal:
    return front.deployment.deployer


@pytest.fixture
def notifier(front: Front) -> Principal:
    return front.deployment.principal("notifier")


def path(scope: str, name: str = NAME) -> str:
    return f"{scope}/{ROLES}/roleAssignments/{name}"


def properties(who: Principal, role: str = READER, **more: object) -> dict[str, Any]:
    return {
        "properties": {
            "roleDefinitionId": f"/subscriptions/s/{ROLES}/roleDefinitions/{role}",
            "principalId": who.principal_id,
            **more,
        }
    }


def scopes(front: Front) -> list[str]:
    account = front.deployment.storage
    return [*front.deployment.groups, account.id, account.container_id("originals")]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_denial_becomes_an_allow_and_after_the_deletion_a_denial_again(
    front: Front, deployer: Principal, notifier: Principal, level: int
) -> None:
    scope = scopes(front)[level]
    container = front.deployment.storage.container_id("originals")
    assert not front.allows(notifier, container, READ)
    status, made = front.ask("PUT", path(scope), deployer, properties(notifier))
    assert (status, made["name"], made["id"]) == (201, NAME, path(scope))
    assert made["type"] == "Microsoft.Authorization/roleAssignments"
    shown = made["properties"]
    assert shown["scope"] == scope
    assert shown["principalType"] == "ServicePrincipal"
    assert (shown["createdBy"], shown["updatedBy"]) == (None, deployer.principal_id)
    assert front.allows(notifier, container, READ)
    shown["createdBy"] = deployer.principal_id
    assert front.ask("GET", path(scope), deployer) == (200, made)
    assert front.ask("DELETE", path(scope), deployer) == (200, made)
    assert not front.allows(notifier, container, READ)
    assert front.ask("DELETE", path(scope), deployer)[0] == 204
    status, found = front.ask("GET", path(scope), deployer)
    assert (status, found["error"]["code"]) == (404, "RoleAssignmentNotFound")


@pytest.mark.parametrize("name", ["developer", "operator", "notifier"])
def test_a_caller_without_such_an_action_is_denied(
    front: Front, notifier: Principal, name: str
) -> None:
    caller, scope = front.deployment.principal(name), scopes(front)[1]
    for method, body in (("PUT", properties(notifier)), ("DELETE", None), ("GET", None)):
        status, found = front.ask(method, path(scope), caller, body)
        assert (status, found["error"]["code"]) == (403, "AuthorizationFailed"), method
    assert "'Microsoft.Authorization/roleAssignments/read'" in found["error"]["message"]
    assert f"over scope '{path(scope)}'" in found["error"]["message"]
    record = front.last()
    assert (record.outcome, record.identity) == (Outcome.DENIED, name)
    assert "Owner" in record.missing
    assert not front.state.path(DRIFT_FILE).exists()


@pytest.mark.parametrize("role", [OWNER, USER_ACCESS_ADMINISTRATOR, RBAC_ADMINISTRATOR])
def test_a_principal_with_such_a_role_may_assign_roles_too_and_only_there(
    front: Front, deployer: Principal, notifier: Principal, role: str
) -> None:
    developer = front.deployment.principal("developer")
    account, vault = front.deployment.storage.id, front.deployment.vault.id
    assert front.ask("PUT", path(account), deployer, properties(developer, role))[0] == 201
    mine = str(uuid.uuid4())
    assert front.ask("PUT", path(account, mine), developer, properties(notifier))[0] == 201
    assert front.ask("PUT", path(vault, mine), developer, properties(notifier))[0] == 403


def test_a_contributor_reads_role_assignments_and_changes_none(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    developer, account = front.deployment.principal("developer"), front.deployment.storage.id
    front.ask("PUT", path(account), deployer, properties(developer, CONTRIBUTOR))
    assert front.ask("GET", path(account), developer)[0] == 200
    assert front.ask("DELETE", path(account), developer)[0] == 403
    other = path(account, str(uuid.uuid4()))
    assert front.ask("PUT", other, developer, properties(notifier))[0] == 403


def test_the_deployer_owns_the_group_and_reads_the_subscription(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    subscription = f"/subscriptions/{front.deployment.subscription_id}"
    status, _ = front.ask("PUT", path(subscription), deployer, properties(notifier))
    assert status == 403
    assert front.ask("GET", f"{subscription}/{ROLES}/roleAssignments", deployer)[0] == 200


def test_a_principal_has_a_role_on_a_scope_once(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    scope = scopes(front)[1]
    front.ask("PUT", path(scope), deployer, properties(notifier))
    other = str(uuid.uuid4())
    status, found = front.ask("PUT", path(scope, other), deployer, properties(notifier))
    assert (status, found["error"]["code"]) == (409, "RoleAssignmentExists")
    assert NAME.replace("-", "") in found["error"]["message"]
    described = properties(notifier, description="for a while")
    status, found = front.ask("PUT", path(scope), deployer, described)
    assert (status, found["properties"]["description"]) == (200, "for a while")
    another = properties(front.deployment.principal("gateway"))
    status, found = front.ask("PUT", path(scope), deployer, another)
    assert (status, found["error"]["code"]) == (400, "RoleAssignmentUpdateNotPermitted")


def test_what_does_not_exist_cannot_be_assigned(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    scope, group = scopes(front)[1], scopes(front)[0]
    stranger = "99999999-0000-4000-8000-000000000000"
    good, nobody = properties(notifier), properties(notifier)
    nobody["properties"] = {**nobody["properties"], "principalId": stranger}
    for where, body, expected in (
        (scope, properties(notifier, stranger), (400, "RoleDefinitionDoesNotExist")),
        (scope, nobody, (400, "PrincipalNotFound")),
        (
            f"{group}/providers/Microsoft.Storage/storageAccounts/no",
            good,
            (404, "ResourceNotFound"),
        ),
        (f"{group}x", good, (403, "AuthorizationFailed")),
    ):
        status, found = front.ask("PUT", path(where), deployer, body)
        assert (status, found["error"]["code"]) == expected
    # With a type, a principal may be younger than its directory knows.
    nobody["properties"]["principalType"] = "ServicePrincipal"
    assert front.ask("PUT", path(scope), deployer, nobody)[0] == 201


def test_what_a_terminal_would_obey_is_not_kept(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    scope, red = scopes(front)[1], "\x1b[31m"
    status, _ = front.ask("PUT", path(f"{scope}/%1b[31m"), deployer, properties(notifier))
    assert status == 404
    body = properties(notifier, description=red)
    status, found = front.ask("PUT", path(scope), deployer, body)
    assert (status, found["properties"]["description"]) == (201, red)
    made = front.assignments.find(path(scope))
    assert made is not None
    assert made.why == "granted by hand by deployer: \\u001b[31m"


def test_a_principal_of_another_type_is_refused(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    body = properties(notifier, principalType="User")
    status, found = front.ask("PUT", path(scopes(front)[1]), deployer, body)
    assert (status, found["error"]["code"]) == (400, "UnmatchedPrincipalType")
    body = properties(notifier, principalType="ServicePrincipal")
    assert front.ask("PUT", path(scopes(front)[1]), deployer, body)[0] == 201


@pytest.mark.parametrize(
    "more", [{"principalType": "Group"}, {"condition": "@Resource[x] StringEquals 'y'"}]
)
def test_what_the_sandbox_cannot_evaluate_is_refused_by_name(
    front: Front, deployer: Principal, notifier: Principal, more: dict[str, str]
) -> None:
    body = properties(notifier, **more)
    status, found = front.ask("PUT", path(scopes(front)[1]), deployer, body)
    assert (status, found["error"]["code"]) == (400, "NotSupportedBySandbox")
    assert next(iter(more)).removesuffix("Type").replace("principal", "group") in str(found)
    assert not front.allows(notifier, scopes(front)[2], READ)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BadRequestFormat"),
        (b"{", "BadRequestFormat"),
        (b"[]", "BadRequestFormat"),
        (b"[" * 5000, "BadRequestFormat"),
        (b'{"properties": null}', "BadRequestFormat"),
        (b'{"properties": {"roleDefinitionId": 3}}', "BadRequestFormat"),
        (b'{"properties": {}}', "RoleDefinitionDoesNotExist"),
        (json.dumps({"properties": {"roleDefinitionId": READER}}).encode(), "InvalidPrincipalId"),
    ],
)
def test_a_malformed_body_has_an_error_of_its_own(
    front: Front, deployer: Principal, body: bytes, code: str
) -> None:
    status, found = front.ask("PUT", path(scopes(front)[1]), deployer, body or b" ")
    assert (status, found["error"]["code"]) == (400, code)


def test_bodies_and_descriptions_have_a_longest(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    scope = scopes(front)[1]
    status, _ = front.ask("PUT", path(scope), deployer, properties(notifier, other="x" * 70_000))
    assert status == 413
    body = properties(notifier, description="x" * 2049)
    assert front.ask("PUT", path(scope), deployer, body)[0] == 400
    body = properties(notifier, description="x" * 2048)
    assert front.ask("PUT", path(scope), deployer, body)[0] == 201


def test_the_name_of_an_assignment_is_a_guid(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    scope = scopes(front)[1]
    for name in ("mine", NAME.replace("-", ""), f"{{{NAME}}}"):
        status, found = front.ask("PUT", path(scope, name), deployer, properties(notifier))
        assert (status, found["error"]["code"]) == (400, "InvalidRoleAssignmentId")


def test_a_subscription_has_so_many_assignments_and_no_more(
    front: Front, deployer: Principal, notifier: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role_assignments, "MOST", len(front.assignments.listed) + 1)
    scope = scopes(front)[1]
    assert front.ask("PUT", path(scope), deployer, properties(notifier))[0] == 201
    body = properties(front.deployment.principal("catalog"))
    status, found = front.ask("PUT", path(scope, str(uuid.uuid4())), deployer, body)
    assert (status, found["error"]["code"]) == (400, "RoleAssignmentLimitExceeded")
    assert front.ask("PUT", path(scope), deployer, properties(notifier))[0] == 200


def test_an_assignment_that_cannot_be_stored_is_not_made(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    front.state.path(DRIFT_FILE).mkdir()
    scope = scopes(front)[1]
    status, found = front.ask("PUT", path(scope), deployer, properties(notifier))
    assert (status, found["error"]["code"]) == (500, "InternalServerError")
    assert front.ask("GET", path(scope), deployer)[0] == 404
    front.state.path(DRIFT_FILE).rmdir()
    assert front.ask("PUT", path(scope), deployer, properties(notifier))[0] == 201


def listed(front: Front, scope: str, filtered: str = "") -> list[dict[str, Any]]:
    """The assignments that the deployer is shown."""
    query = f"&$filter={filtered}" if filtered else ""
    where = f"{scope}/{ROLES}/roleAssignments"
    status, found = front.ask("GET", where, front.deployment.deployer, query=query)
    assert status == 200
    return list(found["value"])


def test_a_list_has_what_is_at_above_and_below_its_scope(front: Front) -> None:
    account, group = front.deployment.storage.id, scopes(front)[0]
    everything = {each.id for each in front.assignments.listed}
    assert {each["id"] for each in listed(front, group)} == everything
    shown = {each["properties"]["scope"] for each in listed(front, account)}
    assert group in shown
    assert all(each in account or each.startswith(account) for each in shown)
    assert any(each.startswith(f"{account}/") for each in shown)
    at_scope = {each["properties"]["scope"] for each in listed(front, account, "atScope()")}
    assert at_scope == {each for each in shown if not each.startswith(f"{account}/")}


@pytest.mark.parametrize("form", ["principalId eq '{}'", "assignedTo('{}')"])
def test_a_list_can_be_of_one_principal(front: Front, notifier: Principal, form: str) -> None:
    found = listed(front, scopes(front)[0], form.format(notifier.principal_id.upper()))
    mine = [each for each in front.assignments.listed if each.principal_id == notifier.principal_id]
    assert [each["id"] for each in found] == [each.id for each in mine]
    assert found
    combined = f"atScope() and assignedTo('{notifier.principal_id}')"
    scope = mine[0].scope
    assert mine[0].id in {each["id"] for each in listed(front, scope, combined)}


@pytest.mark.parametrize("text", ["atScope() and principalId eq 'x'", "principalId", "x eq 'y'"])
def test_an_unknown_filter_is_refused(front: Front, deployer: Principal, text: str) -> None:
    where = f"{scopes(front)[0]}/{ROLES}/roleAssignments"
    status, found = front.ask("GET", where, deployer, query=f"&$filter={text}")
    assert (status, found["error"]["code"]) == (400, "UnsupportedQuery")


def test_a_deployments_assignment_can_be_deleted_until_it_is_deployed_again(
    front: Front, deployer: Principal
) -> None:
    gone = front.deployment.assignments[0]
    status, found = front.ask("DELETE", gone.id, deployer)
    assert (status, found["properties"]["description"]) == (200, gone.why)
    assert front.ask("GET", gone.id, deployer)[0] == 404
    front.assignments.deploy(front.deployment.assignments, front.deployment.custom_roles)
    assert front.ask("GET", gone.id, deployer)[0] == 200


def test_an_invalid_version_is_refused(front: Front, deployer: Principal) -> None:
    where = f"{scopes(front)[0]}/{ROLES}/roleAssignments"
    status, found = front.get(f"{where}?api-version=latest", deployer)
    assert (status, found["error"]["code"]) == (400, "InvalidApiVersionParameter")


def test_an_answer_has_the_properties_of_a_recorded_one(front: Front, deployer: Principal) -> None:
    """Azure/azure-cli, command_modules/role: test_role_assignment_no_graph.yaml (2025-04)"""
    (shown, *_) = listed(front, scopes(front)[0])
    assert list(shown) == ["properties", "id", "type", "name"]
    assert list(shown["properties"]) == [
        "roleDefinitionId",
        "principalId",
        "principalType",
        "scope",
        "condition",
        "conditionVersion",
        "createdOn",
        "updatedOn",
        "createdBy",
        "updatedBy",
        "delegatedManagedIdentityResourceId",
        "description",
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", shown["properties"]["createdOn"])


def test_a_group_in_lower_case_is_the_same_group(
    front: Front, deployer: Principal, notifier: Principal
) -> None:
    """As Azure's own SDK asks in its tests: azure-mgmt-authorization, test_role_assignment_by_id"""
    group = scopes(front)[0].replace("resourceGroups", "resourcegroups")
    status, made = front.ask("PUT", path(group), deployer, properties(notifier))
    assert (status, made["properties"]["scope"]) == (201, group)
    assert front.allows(notifier, front.deployment.storage.container_id("originals"), READ)
    assert front.ask("DELETE", path(scopes(front)[0]), deployer)[0] == 200


def test_the_audit_says_by_whose_hand_a_right_was_granted(
    front: Front, deployer: Principal, notifier: Principal, tmp_path: Path
) -> None:
    scope = scopes(front)[1]
    body = properties(notifier, OWNER, description="a trial")
    front.ask("PUT", path(scope), deployer, body)
    front.ask("GET", path(scope), notifier)
    assert front.last().why == "granted by hand by deployer: a trial"
    assert front.last().assignment == path(scope)
