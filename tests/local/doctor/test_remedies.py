"""A grant for a program of one's own: the narrowest role, and only if it is meant to have it."""

from dataclasses import replace

import pytest

from local.doctor.chain import Answer
from local.doctor.evidence import Finding
from local.doctor.examine import Diagnosis
from local.doctor.remedies import grants_if_intended
from local.doctor.subjects import of_sandbox
from local.doctor.traps.tokens import BORROWED
from local.rights import WRITE
from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment, as_compiled

ROLES = ("Storage Blob Data Contributor", "Storage Blob Data Owner")


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return as_compiled()


@pytest.fixture
def denied(deployment: Deployment) -> Record:
    return Record(
        "2026-11-30T12:00:00.000Z",
        "blob",
        Outcome.DENIED,
        "PutBlob",
        identity="gateway",
        principal_id=deployment.principal("gateway").principal_id,
        action=WRITE,
        scope=deployment.storage.container_id("thumbnails"),
        missing=ROLES,
    )


def diagnosed(deployment: Deployment, *records: Record) -> Diagnosis:
    subject = of_sandbox(deployment, "gateway", {}, records)
    return Diagnosis(subject, Answer(), (), (), None, ())


def test_the_deployer_signs_in_and_grants_the_narrowest_role(
    deployment: Deployment, denied: Record
) -> None:
    only_if, sign_in, grant = grants_if_intended(diagnosed(deployment, denied))
    assert only_if.startswith("Only if the program should be allowed")
    assert sign_in == "./keyless sign-in --approve --as deployer"
    assert grant.startswith("./keyless as deployer -- az role assignment create ")
    principal = deployment.principal("gateway").principal_id
    for option in (
        f"--assignee-object-id {principal} --assignee-principal-type ServicePrincipal",
        f'--role "{ROLES[0]}" --scope {denied.scope} --name ',
    ):
        assert option in grant


def test_the_role_on_a_namespace_has_azures_whole_name(
    deployment: Deployment, denied: Record
) -> None:
    role, action = "Azure Service Bus Data Receiver", "messages/receive/action"
    scope = deployment.bus.queues[0].id
    receive = f"Microsoft.ServiceBus/namespaces/{action}"
    record = replace(denied, service="bus", action=receive, scope=scope, missing=(role,))
    assert f'--role "{role}" ' in grants_if_intended(diagnosed(deployment, record))[-1]


def test_a_right_that_was_refused_in_several_ways_is_granted_once(
    deployment: Deployment, denied: Record
) -> None:
    delete = replace(denied, action=WRITE.replace("write", "delete"))
    assert len(grants_if_intended(diagnosed(deployment, denied, delete))) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"missing": ()},
        {"reason": "an assignment to a group, which is not evaluated"},
        {"action": "Microsoft.Authorization/roleAssignments/write"},
    ],
)
def test_none_is_offered_where_it_is_not_known_to_be_right(
    deployment: Deployment, denied: Record, change: dict[str, str]
) -> None:
    record = replace(denied, **change)  # type: ignore[arg-type]
    assert diagnosed(deployment, record).subject.recent
    assert grants_if_intended(diagnosed(deployment, record)) == ()


def test_the_name_of_a_scope_that_a_client_chose_is_quoted(
    deployment: Deployment, denied: Record
) -> None:
    strange = replace(denied, scope=deployment.storage.container_id("a;reboot\x1b[2J"))
    grant = grants_if_intended(diagnosed(deployment, strange))[-1]
    assert f" --scope '{deployment.storage.container_id('a;reboot')}" in grant
    assert grant.isprintable()


def test_a_borrowed_identity_is_given_nothing_more(deployment: Deployment, denied: Record) -> None:
    borrowed = Finding(BORROWED, "It is another's.", ())
    diagnosis = replace(diagnosed(deployment, denied), findings=(borrowed,))
    assert grants_if_intended(diagnosis) == ()
