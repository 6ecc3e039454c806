"""A deployed environment, here a sandbox, is examined as the signed-in user."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests
from azure.identity import ChainedTokenCredential

from cli.doctor import print_diagnosis
from local.arm import ResourceManager
from local.azd_values import Values
from local.doctor.examine import Diagnosis, acting, examine
from local.doctor.remedies import commands
from local.doctor.subjects import of_deployed
from local.rights import Environment
from sandbox.deployment import Principal, PrincipalKind, RoleAssignment
from sandbox.rbac import Policy
from tests.local.arm import resource_manager
from tests.local.doctor.ward import Ward

_OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def test_an_identity_with_all_rights_is_well(ward: Ward, session: requests.Session) -> None:
    diagnosis = diagnosed(ward, readable(ward, session, ward.deployment.assignments))
    assert diagnosis.well
    assert diagnosis.met == diagnosis.subject.rights != ()
    assert diagnosis.answer.object_id == ward.deployment.principal("developer").principal_id


def test_a_right_that_is_lacking_is_named_with_its_services_and_the_command_of_a_user(
    ward: Ward, session: requests.Session
) -> None:
    gone = ward.assignment("developer", "queues/photo-uploads", "Azure Service Bus Data Sender")
    with lacking(ward, gone) as rest:
        diagnosis = diagnosed(ward, readable(ward, session, rest))
    (missing,) = diagnosis.unmet
    assert (missing.right.scope, missing.right.services) == (gone.scope, ("gateway",))
    assert diagnosis.findings == ()
    assert any(
        f"--assignee-object-id {gone.principal_id} --assignee-principal-type User "
        f'--role "Azure Service Bus Data Sender" --scope {gone.scope}' in each
        for each in commands(diagnosis)
    )


@pytest.mark.parametrize(
    ("change", "trap"),
    [
        ({"role_definition_id": _OWNER}, "control plane taken for data plane"),
        ({"principal_id": "0b7ec700-0000-4000-8000-000000000001"}, "wrong object id"),
        ({}, "only just granted"),
    ],
)
def test_a_reader_of_assignments_gets_the_trap(
    ward: Ward, session: requests.Session, change: dict[str, Any], trap: str
) -> None:
    right = ward.assignment("developer", "secrets/webhook-signing-key")
    with lacking(ward, right) as rest:
        there = [*rest, replace(right, id="another", **change)]
        diagnosis = diagnosed(ward, readable(ward, session, there))
    assert [each.trap for each in diagnosis.findings] == [trap]


def test_others_get_the_refusals_and_the_command_that_compares(
    ward: Ward, session: requests.Session
) -> None:
    right = ward.assignment("developer", "secrets/webhook-signing-key")
    with lacking(ward, right):
        diagnosis = diagnosed(ward, resource_manager(session, {}))
    assert [each.right.scope for each in diagnosis.unmet] == [right.scope]
    assert diagnosis.findings == ()
    assert commands(diagnosis)[-1].startswith("az role assignment list --all")


def test_a_reader_of_assignments_gets_those_that_do_not_suffice(
    ward: Ward, session: requests.Session, capsys: pytest.CaptureFixture[str]
) -> None:
    right = ward.assignment("developer", "secrets/webhook-signing-key")
    above = replace(right, scope=ward.deployment.vault.id, role_definition_id=_OWNER)
    with lacking(ward, right) as rest:
        for there, told in (([*rest, above], "Owner on vaults/"), (rest, "nothing")):
            print_diagnosis(diagnosed(ward, readable(ward, session, there)))
            assert f"assigned at or above that scope: {told}" in capsys.readouterr().out
        print_diagnosis(diagnosed(ward, resource_manager(session, {})))
    said = capsys.readouterr().out
    assert "✗ Key Vault Secrets User on secrets/webhook-signing-key, for notifier: 403" in said
    assert "assigned there" not in said


def test_a_sign_in_to_another_tenant_gets_the_command_for_the_right_one(
    ward: Ward, session: requests.Session
) -> None:
    arm = readable(ward, session, ward.deployment.assignments)
    (finding,) = diagnosed(ward, arm, tenant="0b7ec700-0000-4000-8000-000000000003").findings
    assert finding.trap == "another tenant"
    assert finding.do == ("az login --tenant 0b7ec700-0000-4000-8000-000000000003",)
    assert diagnosed(ward, arm, tenant=ward.deployment.tenant_id.upper()).well


def diagnosed(ward: Ward, arm: ResourceManager, tenant: str = "") -> Diagnosis:
    variables = ward.variables("notifier") | ward.variables("gateway")
    environment = Environment.of_snapshot(ward.deployment)
    there = {
        "AZURE_SUBSCRIPTION_ID": environment.subscription,
        "AZURE_RESOURCE_GROUP": environment.group,
        "AZURE_TENANT_ID": tenant,
    }
    subject = of_deployed(ward.deployment, Values("a file", variables | there), arm, variables)
    credential: Any = ChainedTokenCredential(ward.harness.actor("developer").credential)
    with acting(variables):
        return examine(subject, credential)


@contextmanager
def lacking(ward: Ward, gone: RoleAssignment) -> Iterator[list[RoleAssignment]]:
    rest = [each for each in ward.deployment.assignments if each is not gone]
    ward.enforce(rest)
    yield rest


def readable(
    ward: Ward, session: requests.Session, assignments: Iterable[RoleAssignment]
) -> ResourceManager:
    """The control plane of a user with the right to read it."""
    return resource_manager(session, dict(_answers(ward, tuple(assignments))))


def _answers(
    ward: Ward, assignments: tuple[RoleAssignment, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    environment = Environment.of_snapshot(ward.deployment)
    policy = Policy.of(ward.deployment)
    listed = [
        {
            "principalId": each.principal_id,
            "roleDefinitionId": each.role_definition_id,
            "scope": each.scope,
        }
        for each in assignments
    ]
    providers = f"{environment.group_id}/providers"
    yield (
        f"{providers}/Microsoft.Authorization/roleAssignments",
        _page({"id": str(number), "properties": each} for number, each in enumerate(listed)),
    )
    for assignment in assignments:
        role = policy.role(assignment)
        permissions = {"actions": role.actions, "dataActions": role.data_actions}
        properties = {"roleName": role.name, "permissions": [permissions]}
        yield assignment.role_definition_id, {"properties": properties}
    yield (
        f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities",
        _page(
            {
                "name": f"id-{each.name}-{environment.name}",
                "properties": {"principalId": each.principal_id},
            }
            for each in _managed(ward, PrincipalKind.USER_ASSIGNED)
        ),
    )
    yield (
        f"{providers}/Microsoft.App/containerApps",
        _page(
            {"name": each.name, "identity": {"principalId": each.principal_id}}
            for each in _managed(ward, PrincipalKind.SYSTEM_ASSIGNED)
        ),
    )


def _managed(ward: Ward, kind: PrincipalKind) -> Iterator[Principal]:
    return (each for each in ward.deployment.principals if each.kind is kind)


def _page(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"value": list(entries)}
