"""The deployments of an environment, and each one's refusals, by Azure's documented answers."""

import pytest

from local.report.control_plane import ControlPlane
from local.report.deployments import deployments
from local.report.model import Deployment, Refused, Unseen
from tests.local.report import world
from tests.local.report.azure import AzureCli
from tests.local.report.world import DEPLOYMENTS, ENVIRONMENT, HERE, SUB

SUB_LIST, GROUP_LIST = f"{SUB}/{DEPLOYMENTS}", f"{HERE}/{DEPLOYMENTS}"
FIRST = f"{SUB_LIST}/{ENVIRONMENT}-1"
INNER, ACCESS = f"{GROUP_LIST}/application-x1y2", f"{GROUP_LIST}/access-x1y2"
NOTIFIER = f"{HERE}/providers/Microsoft.App/containerApps/notifier"
ORIGINALS = f"{world.STORAGE}/blobServices/default/containers/originals"

# Azure's errors, and the advice on them: a code, a text, a resource, words of the advice.
ERRORS = [
    (
        "AuthorizationFailed",
        "The client 'x' with object id 'y' does not have authorization to perform action "
        "'Microsoft.Authorization/roleAssignments/write' over scope 'z' or the scope is invalid.",
        "who-may-deploy.md",
    ),
    (
        "AuthorizationFailed",
        "The client 'x' does not have authorization to perform action "
        "'Microsoft.KeyVault/vaults/write' over scope 'z'.",
        "lacks this right",
    ),
    ("RoleAssignmentExists", "The role assignment already exists.", "az role assignment delete"),
    ("RoleAssignmentUpdateNotPermitted", "Tenant ID, principal ID are not allowed.", "--ids"),
    ("RoleDefinitionWithSameNameExists", "A custom role exists.", "az role definition delete"),
    ("PrincipalNotFound", "Principal does not exist in the directory.", "OPERATOR_PRINCIPAL_ID"),
    ("MaxNumberOfRegionalEnvironmentsInSubExceeded", "Maximum number.", "AZURE_LOCATION"),
    ("TasksOperationsNotAllowed", "ACR Tasks requests are not permitted.", "docs/deploy.md"),
    ("ContainerAppOperationError", "Error details: Operation expired.", "below"),
    ("ContainerAppOperationError", "Deployment Progress Deadline Exceeded. 0/1 ready.", "below"),
    (
        "ContainerAppOperationError",
        "ACR token exchange endpoint returned error status: 401. body: ",
        "AcrPull",
    ),
    ("ContainerAppOperationError", "Something else.", "--type system"),
    ("VaultAlreadyExists", "The vault name is already in use.", "another environment name"),
    ("ConflictError", "A vault with the same name already exists in deleted state.", "purge"),
    ("Conflict", "Another operation is in progress.", "Wait a little"),
    ("MissingSubscriptionRegistration", "Not registered.", "az provider register"),
    ("RequestDisallowedByPolicy", "Disallowed by policy.", "policy"),
    ("ReadOnlyDisabledSubscription", "The subscription is disabled.", "credit"),
]


def shown(az: AzureCli, azure: ControlPlane, **answers: object) -> tuple[Deployment, ...]:
    az.tell({GROUP_LIST: world.page(), **answers})
    found = deployments(azure, ENVIRONMENT)
    assert not isinstance(found, Unseen)
    return found


def test_each_of_azds_is_listed_by_its_time_and_no_other(az: AzureCli, azure: ControlPlane) -> None:
    of_another = world.deployment("other-1", "07:00")
    of_another["tags"] = {"azd-env-name": "other"}
    module = world.deployment("module", "07:00")
    module["tags"] = None
    first, second = world.deployment("b", "08:10"), world.deployment("a", "09:00")
    listed = world.page(second, of_another, module, more=f"{SUB_LIST}2?api-version=1")
    found = shown(az, azure, **{SUB_LIST: listed, f"{SUB_LIST}2": world.page(first)})
    assert [(each.number, each.state, each.seconds) for each in found] == [
        (1, "Succeeded", 612),
        (2, "Succeeded", 612),
    ]


def test_of_many_the_first_and_the_last_are_shown(az: AzureCli, azure: ControlPlane) -> None:
    many = [world.deployment(f"d{hour:02}", f"{hour:02}:00") for hour in range(12)]
    found = shown(az, azure, **{SUB_LIST: world.page(*many)})
    assert [each.number for each in found] == [1, 8, 9, 10, 11, 12]


@pytest.mark.parametrize(("code", "text", "advised"), ERRORS)
def test_a_failed_one_names_the_resource_the_rule_and_what_to_do(
    az: AzureCli, azure: ControlPlane, code: str, text: str, advised: str
) -> None:
    refused = failed_in(
        az, azure, world.failed("Microsoft.App/containerApps", NOTIFIER, code, text)
    )
    assert (refused.kind, refused.on) == ("Microsoft.App/containerApps", "notifier")
    assert (refused.status, refused.codes) == ("Conflict", (code,))
    assert advised in refused.advice
    assert not any(each in str(refused) for each in world.PLANTED)


def failed_in(az: AzureCli, azure: ControlPlane, operation: object) -> Refused:
    """Return the failures of a deployment with this operation in a module of a module."""
    (found,) = shown(
        az,
        azure,
        **{
            SUB_LIST: world.page(world.deployment(f"{ENVIRONMENT}-1", "08:10", "Failed")),
            f"{FIRST}/operations": world.page(
                world.operation("Microsoft.Resources/resourceGroups", HERE),
                world.nested("application-x1y2", "Failed"),
            ),
            f"{INNER}/operations": world.page(world.nested("access-x1y2", "Failed")),
            f"{ACCESS}/operations": world.page(operation),
        },
    )
    assert found.state == "Failed"
    assert not isinstance(found.refused, Unseen)
    (refused,) = found.refused
    return refused


def test_the_text_keeps_the_action_and_loses_whom_it_names(
    az: AzureCli, azure: ControlPlane
) -> None:
    target = f"{ORIGINALS}/providers/Microsoft.Authorization/roleAssignments/{world.PERSON}"
    kind = "Microsoft.Authorization/roleAssignments"
    text = (
        f"The client '{world.PERSON_S_ADDRESS}' with object id '{world.PERSON}' does not have "
        f"authorization to perform action '{kind}/write' over scope '{ORIGINALS}'."
    )
    refused = failed_in(
        az, azure, world.failed(kind, target, "AuthorizationFailed", text, "Forbidden")
    )
    assert refused.on == "originals"
    assert refused.said == (
        "The client … with object id … does not have authorization to perform action "
        f"'{kind}/write' over scope …"
    )


def test_an_error_in_another_s_text_is_read(az: AzureCli, azure: ControlPlane) -> None:
    inner = '{"status": "Failed", "error": {"code": "QuotaExceeded", "message": "The quota."}}'
    outer = world.failed("Microsoft.App/containerApps", NOTIFIER, "Conflict", "")
    outer["properties"]["statusMessage"] = {
        "error": {"code": "ResourceDeploymentFailure", "details": [{"code": "x", "message": inner}]}
    }
    refused = failed_in(az, azure, outer)
    assert refused.codes[0] == "ResourceDeploymentFailure"
    assert refused.codes[-1] == "QuotaExceeded"
    assert "quota" in refused.advice


def test_an_unlisted_code_does_not_enter_the_report(az: AzureCli, azure: ControlPlane) -> None:
    refused = failed_in(az, azure, world.failed("Contoso.Secret/things", ORIGINALS, "JaneDoe", ""))
    assert refused.codes == ("a code that is not listed",)
    assert refused.kind == "another resource type"
    assert refused.advice == ""


def test_where_a_module_s_operations_are_not_shown_the_module_is_named(
    az: AzureCli, azure: ControlPlane
) -> None:
    (found,) = shown(
        az,
        azure,
        **{
            SUB_LIST: world.page(world.deployment(f"{ENVIRONMENT}-1", "08:10", "Failed")),
            f"{FIRST}/operations": world.page(world.nested("application-x1y2", "Failed")),
            f"{INNER}/operations": "AuthorizationFailed",
        },
    )
    assert not isinstance(found.refused, Unseen)
    (refused,) = found.refused
    assert (refused.kind, refused.codes) == (
        "Microsoft.Resources/deployments",
        ("DeploymentFailed",),
    )


def test_one_that_was_refused_as_a_whole_says_so(az: AzureCli, azure: ControlPlane) -> None:
    error = {"code": "InvalidTemplateDeployment", "details": [{"code": "QuotaExceeded"}]}
    whole = world.deployment(f"{ENVIRONMENT}-1", "08:10", "Failed", error=error)
    (found,) = shown(
        az, azure, **{SUB_LIST: world.page(whole), f"{FIRST}/operations": world.page()}
    )
    assert not isinstance(found.refused, Unseen)
    assert found.refused[0].codes == ("InvalidTemplateDeployment", "QuotaExceeded")


def test_an_attendee_of_a_workshop_sees_those_of_the_group(
    az: AzureCli, azure: ControlPlane
) -> None:
    own = world.deployment("w-1", "08:10", scope=HERE)
    (found,) = shown(az, azure, **{GROUP_LIST: world.page(own), SUB_LIST: "AuthorizationFailed"})
    assert (found.number, found.state, found.seconds) == (1, "Succeeded", 612)


def test_a_user_without_access_gets_the_reason(az: AzureCli, azure: ControlPlane) -> None:
    az.tell({GROUP_LIST: "AuthorizationFailed", SUB_LIST: "AuthorizationFailed"})
    found = deployments(azure, ENVIRONMENT)
    assert isinstance(found, Unseen)
    assert found.why == "AuthorizationFailed"
