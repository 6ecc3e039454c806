"""The diagnosis of an identity that is well, and of a missing right."""

from contextlib import closing
from dataclasses import replace

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import AzureCliCredential

from local.doctor.chain import ask
from local.doctor.evidence import AppRole, Editing
from local.doctor.examine import acting, open_credential
from local.doctor.remedies import commands
from local.probes import Endpoints, Prober
from local.rights import RECEIVE, SEND, WRITE, Right
from services.common.blobs import prove_create
from tests.local.doctor.ward import Ward

SERVICES = ("gateway", "thumbnailer", "catalog", "notifier")


@pytest.mark.parametrize("service", SERVICES)
def test_an_identity_with_all_rights_is_well(ward: Ward, service: str) -> None:
    diagnosis = ward.examine(service)
    assert diagnosis.well
    assert diagnosis.unmet == ()
    assert diagnosis.met == diagnosis.subject.rights != ()
    assert commands(diagnosis) == ()


def test_it_says_who_is_signed_in_and_by_which_credential(ward: Ward) -> None:
    answer, gateway = ward.examine("gateway").answer, ward.deployment.principal("gateway")
    assert (answer.object_id, answer.client_id) == (gateway.principal_id, gateway.client_id)
    assert answer.by == "ManagedIdentityCredential"
    assert answer.others == ()


def test_it_says_why_those_before_did_not_answer_and_that_those_behind_were_not_asked(
    ward: Ward,
) -> None:
    variables = ward.variables("gateway") | {"AZURE_TOKEN_CREDENTIALS": "prod"}
    with acting(variables), closing(open_credential(variables)) as credential:
        credential.credentials = (*credential.credentials, AzureCliCredential())
        answer = ask(credential)
    said = {each.credential: each.said for each in answer.others}
    assert answer.by == "ManagedIdentityCredential"
    assert "Environment variables are not fully configured" in said["EnvironmentCredential"]
    assert "Missing required arguments" in said["WorkloadIdentityCredential"]
    assert said["AzureCliCredential"] == "not tried, since an earlier one succeeded"


def test_a_queue_that_does_not_exist_is_no_missing_role(ward: Ward) -> None:
    """The SDK says only that a token was refused; Service Bus's reason is shown."""
    variables, namespace = ward.variables("thumbnailer"), ward.deployment.bus
    with acting(variables), closing(open_credential(variables)) as credential:
        prober = Prober(credential, Endpoints("", "", namespace.host))
        missing = [
            prober.missing(Right("any", f"{namespace.id}/queues/nowhere", (action,), ()))
            for action in (RECEIVE, SEND)
        ]
    said = f"The messaging entity 'sb://{namespace.host}/nowhere' could not be found"
    assert [each and (each.refused, each.why) for each in missing] == [(False, said)] * 2


def test_without_a_token_it_shows_each_credentials_error_and_probes_nothing(ward: Ward) -> None:
    variables = ward.variables("gateway")
    del variables["AZURE_CLIENT_ID"]
    before = len(ward.harness.audit())
    diagnosis = ward.examine("gateway", variables)
    (attempt,) = diagnosis.answer.others
    assert attempt.credential == "ManagedIdentityCredential"
    assert attempt.said.endswith("400, Unable to load the proper Managed Identity.")
    assert (diagnosis.met, diagnosis.unmet) == ((), ())
    assert {each.service for each in ward.harness.audit()[before:]} == {"identity"}


def test_a_missing_right_is_named_with_its_scope_its_role_and_the_command(ward: Ward) -> None:
    """Of each plane one; what is left works all the same."""
    gone = [
        ward.assignment("thumbnailer", "containers/originals"),
        ward.assignment("thumbnailer", "queues/photo-uploads"),
    ]
    rest = [each for each in ward.deployment.assignments if each not in gone]
    ward.enforce(rest)
    diagnosis = ward.examine("thumbnailer", granted=rest)
    assert {each.right.scope for each in diagnosis.unmet} == {each.scope for each in gone}
    assert len(diagnosis.met) == len(diagnosis.subject.rights) - 2
    me = ward.deployment.principal("thumbnailer").principal_id
    (why, signs_in, *granting) = commands(diagnosis)
    assert why.startswith("The deployment has an assignment for it, which is not in force")
    assert signs_in == "./keyless sign-in --approve --as deployer"
    assert (
        "./keyless as deployer -- "
        f"az role assignment create --assignee-object-id {me} --assignee-principal-type "
        f'ServicePrincipal --role "Storage Blob Data Reader" --scope {gone[0].scope} '
        f"--name {gone[0].id.rpartition('/')[2]}"
    ) in granting
    assert any("Azure Service Bus Data Receiver" in each for each in commands(diagnosis))


def test_a_missing_secret_is_recognized_by_key_vaults_code(ward: Ward) -> None:
    gone = ward.assignment("notifier", "secrets/webhook-signing-key")
    ward.enforce(each for each in ward.deployment.assignments if each is not gone)
    (missing,) = ward.examine("notifier").unmet
    assert (missing.right.scope, missing.why) == (gone.scope, "403 Forbidden")


def test_an_unassigned_app_role_comes_with_its_command(ward: Ward) -> None:
    registration = ward.deployment.registration
    assert registration is not None
    gateway = ward.deployment.principal("gateway").principal_id
    former = replace(ward.deployment.principal("gateway"), former_ids=("former",))
    diagnosis = ward.examine("gateway")
    assert diagnosis.app_role is not None
    assert diagnosis.app_role.assigned
    unassigned = replace(
        diagnosis,
        subject=replace(diagnosis.subject, principal=former),
        app_role=replace(diagnosis.app_role, assigned=False, in_token=False),
    )
    assert not unassigned.well
    assert any("./keyless deploy" in each for each in commands(unassigned))
    assert gateway in registration.roles


def test_an_unassigned_app_role_of_a_waiting_service_is_named(ward: Ward) -> None:
    registration = ward.deployment.registration
    assert registration is not None
    diagnosis = ward.examine(
        "thumbnailer", waits_for=["Catalog.Read", "read on container originals"]
    )
    assert diagnosis.app_role is None  # it has no API to ask
    asks = ward.variables("thumbnailer") | {"CATALOG_AUDIENCE": registration.app_id}
    diagnosis = ward.examine("thumbnailer", asks, waits_for=["Catalog.Read", "read on originals"])
    assert diagnosis.app_role == AppRole("Catalog.Read", in_token=False, assigned=False)
    assert not diagnosis.well
    (told,) = commands(diagnosis)
    assert "infra/entra/catalog.json" in told
    assert ward.examine("thumbnailer", asks, waits_for=["read on originals"]).well


def test_what_a_waiting_service_was_refused_and_nothing_grants_is_named_with_its_role(
    ward: Ward,
) -> None:
    """A service with a proof but without its row in the policy."""
    gone = [
        ward.assignment("catalog", "containers/catalog"),
        ward.assignment("catalog", "subscriptions/catalog"),
    ]
    deployed = [each for each in ward.deployment.assignments if each not in gone]
    ward.enforce(deployed)
    before = len(ward.harness.audit())
    ward.examine("catalog")  # uses each of its rights until one is refused: here, to read
    with pytest.raises(HttpResponseError):
        prove_create(ward.harness.actor("catalog").account.get_container_client("catalog"))
    refused = ward.harness.audit()[before:]
    diagnosis = ward.examine("catalog", deployed=deployed, audit=refused)
    assert not diagnosis.well
    roles = {each.right.scope: each.right.role for each in diagnosis.unmet}
    keeper = next(each for each in ward.deployment.custom_roles if "Keeper" in each.name)
    assert roles == {gone[0].scope: keeper.name, gone[1].scope: "Azure Service Bus Data Receiver"}
    told = commands(diagnosis)
    assert any("infra/bicep/modules/access.bicep" in each for each in told)
    by_hand = f'--role "{keeper.name}" --scope {gone[0].scope}'
    assert any(by_hand in each for each in told)
    assert ward.examine("catalog", deployed=deployed).well

    # A lab has its own copy of the Bicep, which only a machine with a Bicep CLI can compile.
    own = replace(diagnosis.subject, editing=Editing("lab/access.bicep", "apply it"))
    told = commands(replace(diagnosis, subject=own))
    assert any("add a row to lab/access.bicep, then run apply it." in each for each in told)
    fixed = replace(diagnosis.subject, editing=None)
    told = commands(replace(diagnosis, subject=fixed))
    assert not any("add a row" in each for each in told)
    assert any(by_hand in each for each in told)


def test_a_denial_that_a_known_right_covers_is_listed_once(ward: Ward) -> None:
    """A put is recorded as the wider of the two actions that allow it; the role is known."""
    gone = ward.assignment("gateway", "containers/originals")
    ward.enforce(each for each in ward.deployment.assignments if each is not gone)
    before = len(ward.harness.audit())
    with pytest.raises(HttpResponseError):
        prove_create(ward.harness.actor("gateway").account.get_container_client("originals"))
    refused = ward.harness.audit()[before:]
    assert [each.action for each in refused if each.missing] == [WRITE]
    diagnosis = ward.examine("gateway", deployed=ward.deployment.assignments, audit=refused)
    assert [each.right.scope for each in diagnosis.unmet] == [gone.scope]


def test_without_readable_assignments_it_says_how_to_compare(ward: Ward) -> None:
    gone = ward.assignment("catalog", "containers/catalog")
    ward.enforce(each for each in ward.deployment.assignments if each is not gone)
    diagnosis = ward.examine("catalog")
    blind = replace(diagnosis, subject=replace(diagnosis.subject, grants=None))
    compare = (
        "az role assignment list --all --include-groups --assignee "
        f"{diagnosis.answer.object_id} --subscription {ward.deployment.subscription_id}"
    )
    assert compare in commands(blind)
    assert compare not in commands(diagnosis)
