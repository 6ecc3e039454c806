"""Each usual trap is produced, and recognised; the same without it is not taken for one."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError

from local.az_commands import assignment_name
from local.doctor.chain import Answer
from local.doctor.evidence import Evidence
from local.doctor.examine import Diagnosis, acting, examine, open_credential
from local.doctor.remedies import commands
from local.doctor.subjects import of_sandbox
from local.doctor.traps import recognised
from sandbox.assumptions import assume
from sandbox.deployment import ContainerApp, Lifecycle, deploy, load, recreate
from sandbox.state import PROJECT, State
from sandbox.storage import free_port
from services.common.blobs import prove_read
from tests.access.harness import running_harness
from tests.local.doctor.ward import Ward

_OWNER = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def endpoint_absent(ward: Ward, wrong: bool) -> Diagnosis:
    variables = ward.variables("gateway")
    if wrong:
        del variables["IDENTITY_ENDPOINT"], variables["IDENTITY_HEADER"]
        # Where a virtual machine would have its own: some machine that runs this test is one.
        variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = f"http://127.0.0.1:{free_port()}"
    return ward.examine("gateway", variables)


def client_id_missing(ward: Ward, wrong: bool) -> Diagnosis:
    variables = ward.variables("gateway")
    if wrong:
        del variables["AZURE_CLIENT_ID"]
    return ward.examine("gateway", variables)


def two_and_none_named(ward: Ward, wrong: bool) -> Diagnosis:
    """The platform's identity, given to the code, too."""
    apps = [_with_platform_for_code(each) for each in ward.deployment.apps]
    ward.harness.attach(apps)
    variables = ward.variables("gateway")
    if wrong:
        del variables["AZURE_CLIENT_ID"]
    return ward.examine("gateway", variables, apps=apps)


def unknown_client_id(ward: Ward, wrong: bool) -> Diagnosis:
    variables = ward.variables("gateway")
    if wrong:
        variables["AZURE_CLIENT_ID"] = ward.deployment.principal("gateway").principal_id
    return ward.examine("gateway", variables)


def client_id_kept_from_code(ward: Ward, wrong: bool) -> Diagnosis:
    variables = ward.variables("gateway")
    if wrong:
        variables["AZURE_CLIENT_ID"] = ward.deployment.principal("platform").client_id
    return ward.examine("gateway", variables)


def assigned_to_the_client_id(ward: Ward, wrong: bool) -> Diagnosis:
    return _assigned_to(ward, ward.deployment.principal("gateway").client_id, wrong)


def assigned_to_nobody(ward: Ward, wrong: bool) -> Diagnosis:
    """As the object id of an application instead of its service principal's would be."""
    return _assigned_to(ward, "0b7ec700-0000-4000-8000-000000000001", wrong)


def recreated(ward: Ward, wrong: bool) -> Diagnosis:
    """In its own sandbox, since identities are kept in the state. Without: its roles deployed."""
    root = ward.harness.state.root.parent / f"made-anew-{wrong}"
    state = State.open(root)
    recreate(state, load(state).principal("gateway").resource_id)
    if not wrong:
        deploy(state)
    with running_harness(root) as harness:
        return Ward(harness).examine("gateway")


def deployed_for_the_client_id(ward: Ward, wrong: bool) -> Diagnosis:
    """In the Bicep itself: no right of the gateway's is known but by what it was refused."""
    gateway = ward.deployment.principal("gateway")
    return _deployed_for(ward, gateway.client_id if wrong else gateway.principal_id)


def header_absent(ward: Ward, wrong: bool) -> Diagnosis:
    variables = ward.variables("gateway")
    if wrong:
        del variables["IDENTITY_HEADER"]
    return ward.examine("gateway", variables)


def own_identity_kept_from_code(ward: Ward, wrong: bool) -> Diagnosis:
    """The notifier's is system-assigned, so that no request could name it."""
    apps = [_kept_from_code(each) if wrong else each for each in ward.deployment.apps]
    ward.harness.attach(apps)
    return ward.examine("notifier", apps=apps)


def user_assigned_kept_from_code(ward: Ward, wrong: bool) -> Diagnosis:
    apps = [_kept_from_code(each) if wrong else each for each in ward.deployment.apps]
    ward.harness.attach(apps)
    return ward.examine("gateway", apps=apps)


def only_just_granted(ward: Ward, wrong: bool) -> Diagnosis:
    granted = ward.deployment.assignments
    if wrong:
        late = ward.assignment("gateway", "containers/thumbnails")
        ward.enforce(each for each in granted if each is not late)
    return ward.examine("gateway")


def control_plane(ward: Ward, wrong: bool) -> Diagnosis:
    reader = ward.assignment("gateway", "containers/thumbnails")
    account = ward.deployment.storage.id
    owner = replace(reader, id="owner", scope=account, role_definition_id=_OWNER)
    kept = [each for each in ward.deployment.assignments if each is not reader or not wrong]
    ward.enforce([*kept, owner])
    return ward.examine("gateway", granted=[*kept, owner])


def scope_too_narrow(ward: Ward, wrong: bool) -> Diagnosis:
    """The notifier lists the vault: with its role on one secret; without: on the vault."""
    user = ward.assignment("notifier", "secrets/webhook-signing-key")
    wide = replace(user, id="wide", scope=ward.deployment.vault.id)
    granted = [*ward.deployment.assignments, *([] if wrong else [wide])]
    ward.enforce(granted)
    before = len(ward.harness.audit())
    with suppress(HttpResponseError):
        list(ward.harness.actor("notifier").vault.list_properties_of_secrets())
    return ward.examine("notifier", granted=granted, audit=ward.harness.audit()[before:])


def stale_token(ward: Ward, wrong: bool) -> Diagnosis:
    """The gateway's credential keeps a token that was given before the role was."""
    registration = ward.deployment.registration
    assert registration is not None
    variables = ward.variables("gateway")
    subject = of_sandbox(ward.deployment, "gateway", variables, ())
    issuer = ward.harness.endpoints.planes.issuer
    with acting(variables):
        credential = open_credential(variables)
        issuer.registration = replace(registration, roles={}) if wrong else registration
        credential.get_token(f"{variables['CATALOG_AUDIENCE']}/.default")
        issuer.registration = registration
        return examine(subject, credential)


def borrowed(ward: Ward, wrong: bool) -> Diagnosis:
    """The catalog's app, to which the gateway's identity was attached in place of its own."""
    apps = {each.name: each for each in ward.deployment.apps}
    variables = ward.variables("catalog")
    if wrong:
        apps["catalog"] = replace(apps["catalog"], attachments=apps["gateway"].attachments)
        ward.harness.attach(apps.values())
        variables["AZURE_CLIENT_ID"] = ward.deployment.principal("gateway").client_id
    return ward.examine("catalog", variables, apps=apps.values())


@dataclass(frozen=True)
class Trap:
    name: str
    produce: Callable[[Ward, bool], Diagnosis]
    sentence: str

    def __str__(self) -> str:
        return self.produce.__name__


TRAPS = (
    Trap("IDENTITY_ENDPOINT absent", endpoint_absent, "IDENTITY_ENDPOINT is not set"),
    Trap("client id missing", client_id_missing, "AZURE_CLIENT_ID is not set"),
    Trap("two identities and none named", two_and_none_named, "more than one identity"),
    Trap("unknown client id", unknown_client_id, "is gateway's principal id"),
    Trap("unknown client id", client_id_kept_from_code, "lifecycle None withholds it from code"),
    Trap("IDENTITY_ENDPOINT absent", header_absent, "IDENTITY_HEADER is not set"),
    Trap("unknown client id", user_assigned_kept_from_code, "lifecycle None withholds it from"),
    Trap("kept from code", own_identity_kept_from_code, "notifier has a system-assigned identity"),
    Trap("wrong object id", assigned_to_the_client_id, "which is its client id"),
    Trap("wrong object id", deployed_for_the_client_id, "which is its client id"),
    Trap("wrong object id", assigned_to_nobody, "which is no identity of this environment"),
    Trap("recreated identity", recreated, "gateway was deleted and recreated"),
    Trap("only just granted", only_just_granted, "the role has not taken effect yet"),
    Trap("control plane taken for data plane", control_plane, "gateway has Owner on"),
    Trap(
        "scope too narrow for a list", scope_too_narrow, "listing requires a role one level higher"
    ),
    Trap("borrowed identity", borrowed, "catalog acts as gateway"),
    Trap("stale token", stale_token, "was issued before the role was assigned"),
)


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_a_trap_is_recognised(ward: Ward, trap: Trap) -> None:
    diagnosis = trap.produce(ward, True)
    assert not diagnosis.well
    (finding,) = diagnosis.findings
    assert finding.trap == trap.name
    assert trap.sentence in finding.sentence
    assert finding.do


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_the_same_without_the_trap_is_well(ward: Ward, trap: Trap) -> None:
    diagnosis = trap.produce(ward, False)
    assert diagnosis.findings == ()
    assert diagnosis.well


def test_the_owner_of_a_borrowed_identity_is_not_given_the_borrowers_rights(ward: Ward) -> None:
    diagnosis = borrowed(ward, True)
    assert {each.right.target for each in diagnosis.unmet} >= {"containers/catalog"}
    assert commands(diagnosis) == ()
    assert "its own identity" in diagnosis.findings[0].do[0]


def test_a_user_signed_in_as_another_is_advised_to_sign_in(ward: Ward) -> None:
    subject = of_sandbox(ward.deployment, "developer", {}, ())
    operator = ward.deployment.principal("operator").principal_id
    answer = Answer(by="AzureCliCredential", object_id=operator)
    (finding,) = recognised(Evidence(subject, answer))
    assert "developer acts as operator" in finding.sentence
    assert "./keyless sign-in --approve --as developer" in finding.do[0]


def test_the_finding_on_a_recreated_identity_names_both_its_ids(ward: Ward, tmp_path: Path) -> None:
    state = State.open(tmp_path)
    before = load(state).principal("gateway")
    recreate(state, before.resource_id)
    with running_harness(tmp_path) as harness:
        (finding,) = Ward(harness).examine("gateway").findings
        now = harness.deployment.principal("gateway").principal_id
    assert before.principal_id in finding.sentence
    assert now in finding.sentence
    assert any("./keyless deploy" in each for each in finding.do)
    assert any("./keyless access gateway" in each for each in finding.do)


def test_roles_that_are_deployed_since_have_only_to_arrive(ward: Ward, tmp_path: Path) -> None:
    """The sandbox that runs decides by the roles of its start, as Azure by those that arrived."""
    state = State.open(tmp_path)
    recreate(state, load(state).principal("gateway").resource_id)
    with running_harness(tmp_path) as harness:
        deploy(state)
        diagnosis = Ward(harness).examine("gateway", granted=load(state).assignments)
    assert diagnosis.unmet
    assert [each.trap for each in diagnosis.findings] == ["only just granted"]


def test_a_strangers_wider_role_is_not_taken_for_a_mistake(ward: Ward) -> None:
    """The role of an administrators' group, say, that the subject is not in."""
    right = ward.assignment("gateway", "containers/thumbnails")
    stranger = replace(
        right,
        principal_id="0b7ec700-0000-4000-8000-000000000002",
        scope=f"/subscriptions/{ward.deployment.subscription_id}",
    )
    granted = [stranger if each is right else each for each in ward.deployment.assignments]
    ward.enforce(granted)
    diagnosis = ward.examine("gateway", granted=granted)
    assert [each.right.scope for each in diagnosis.unmet] == [right.scope]
    assert diagnosis.findings == ()
    by_client = replace(right, principal_id=diagnosis.answer.client_id)
    both = ward.examine("gateway", granted=[stranger, by_client, *granted]).findings
    assert [each.trap for each in both] == ["wrong object id"]


def test_the_holder_of_a_new_role_is_advised_to_wait_and_not_to_assign_it(ward: Ward) -> None:
    """Though they manage the resources, too: that is not why they are refused."""
    late = ward.assignment("gateway", "containers/thumbnails")
    owner = replace(late, id="owner", scope=ward.deployment.storage.id, role_definition_id=_OWNER)
    ward.enforce([each for each in ward.deployment.assignments if each is not late])
    diagnosis = ward.examine("gateway", granted=[*ward.deployment.assignments, owner])
    assert [each.trap for each in diagnosis.findings] == ["only just granted"]
    assert commands(diagnosis) == ()
    missing = [each for each in ward.deployment.assignments if each is not late]
    lacking = ward.examine("gateway", granted=missing)
    assert any("Storage Blob Data Reader" in each for each in commands(lacking))


def test_an_identity_that_is_kept_from_code_is_let_in_and_not_named(ward: Ward) -> None:
    (of_the_app,) = own_identity_kept_from_code(ward, True).findings
    (by_client_id,) = user_assigned_kept_from_code(ward, True).findings
    assert of_the_app.do == by_client_id.do
    assert "lifecycle Main" in of_the_app.do[0]


def test_the_files_that_a_finding_names_are_there_and_say_it(ward: Ward) -> None:
    (finding,) = client_id_missing(ward, True).findings
    named = re.findall(r"infra/\S+\.bicep", " ".join(finding.do))
    assert ["AZURE_CLIENT_ID" in (PROJECT / each).read_text() for each in named] == [True]


def test_the_finding_on_a_list_has_the_command_that_grants_it_one_level_higher(ward: Ward) -> None:
    diagnosis = scope_too_narrow(ward, True)
    (finding,) = diagnosis.findings
    me, vault = ward.deployment.principal("notifier").principal_id, ward.deployment.vault.id
    assert finding.do[-2] == "./keyless sign-in --approve --as deployer"
    assert finding.do[-1] == (
        "./keyless as deployer -- "
        f"az role assignment create --assignee-object-id {me} --assignee-principal-type "
        f'ServicePrincipal --role "Key Vault Secrets User" --scope {vault} '
        f"--name {assignment_name('4633458b-17de-408a-b874-0445c86b69e6', vault, me)}"
    )


def test_an_unknown_client_id_is_recognized_by_the_apps_identities_if_azure_says_500(
    tmp_path: Path,
) -> None:
    with running_harness(tmp_path, assume(["identity-unknown=500"])) as harness:
        ward = Ward(harness)
        diagnosis, well = unknown_client_id(ward, True), unknown_client_id(ward, False)
        kept = client_id_kept_from_code(ward, True)
    assert [each.trap for each in (*diagnosis.findings, *kept.findings)] == [
        "unknown client id"
    ] * 2
    assert well.well
    # The endpoint's 500 may have another reason: then the id is one of the app's.
    assert list(recognised(Evidence(well.subject, diagnosis.answer))) == []


def _with_platform_for_code(app: ContainerApp) -> ContainerApp:
    attachments = tuple(replace(each, lifecycle=Lifecycle.MAIN) for each in app.attachments)
    return replace(app, attachments=attachments)


def _assigned_to(ward: Ward, object_id: str, wrong: bool) -> Diagnosis:
    right = ward.assignment("gateway", "containers/thumbnails")
    meant = replace(right, principal_id=object_id) if wrong else right
    granted = [meant if each is right else each for each in ward.deployment.assignments]
    ward.enforce(granted)
    return ward.examine("gateway", granted=granted)


def _kept_from_code(app: ContainerApp) -> ContainerApp:
    attachments = tuple(replace(each, lifecycle=Lifecycle.NONE) for each in app.attachments)
    return replace(app, attachments=attachments)


def _deployed_for(ward: Ward, object_id: str) -> Diagnosis:
    """The gateway looks for a photo, as it does at its start, and is looked at."""
    right = ward.assignment("gateway", "containers/thumbnails")
    meant = replace(right, principal_id=object_id)
    deployed = [meant if each is right else each for each in ward.deployment.assignments]
    ward.enforce(deployed)
    before = len(ward.harness.audit())
    thumbnails = ward.harness.actor("gateway").account.get_container_client("thumbnails")
    with suppress(HttpResponseError):
        prove_read(thumbnails)
    return ward.examine("gateway", deployed=deployed, audit=ward.harness.audit()[before:])
