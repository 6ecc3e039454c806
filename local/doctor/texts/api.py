"""Refusals of the catalog, of the ingestion of telemetry, and of Azure Resource Manager."""

from local.doctor.texts.reading import BETTER_BY_DEPLOYMENT, Pasted, Reading, grant, roles_with

_CLIENT = (
    r"The client '(?P<client>[^']*)' with object id '(?P<principal>[^']*)' does not have "
    r"authorization to perform action '(?P<action>[^']*)' over scope '(?P<scope>[^']*)'"
)

_OWNER = "Owner"  # who needs no more than one action of it, is not told to become it


def by_app_role(text: Pasted) -> Reading | None:
    """insufficient_scope: RFC 6750, section 3.1. The token is good, and its app roles are not."""
    role = text.phrase(r"carries no app role ([\w.]*\w)")
    if "insufficient_scope" not in text and not role:
        return None
    return Reading(
        "an API of ours",
        f"The token is good, and has not the app role {role or 'that is asked for'}.",
        do=(
            "infra/entra/catalog.json says who holds it; then: infra/entra/register.py holders",
            "If it was granted since, wait: a managed identity's token is cached for up to a day.",
        ),
        roles=(role,) if role else (),
        silent="It does not name who asked; the log of the API does.",
    )


_TOKENS = {
    "has expired": "Keep one credential a process and let the SDK renew its token.",
    "is for another API": "Ask for the API's own scope: api://<app id>/.default.",
    "is from another tenant or of another version": "The API takes tokens of its own tenant, of "
    "version 2: requestedAccessTokenVersion of its registration is 2.",
}


def by_token(text: Pasted) -> Reading | None:
    """invalid_token: the same section; the description says what of it."""
    why = text.phrase(r"The token ((?:has|is) [^\".]+)")
    if "invalid_token" not in text and not text.line.startswith("The token "):
        return None
    means = f"The token is not believed: it {why}." if why else "The token is not believed."
    return Reading("an API of ours", means, do=(_TOKENS.get(why, "Get a new token."),))


def by_resource_manager(text: Pasted) -> Reading | None:
    """AuthorizationFailed: a control plane, where who, what and where stand in the text.

    learn.microsoft.com/azure/role-based-access-control/troubleshooting
    """
    match = text.match(_CLIENT)
    if match is None:
        return None
    roles = roles_with(match["action"], data=False)
    return Reading(
        "Azure Resource Manager",
        "This manages resources, which no data role allows; a data role is not what is missing.",
        do=tuple(
            grant(match["principal"], match["client"], role, match["scope"])
            for role in roles[:1]
            if role != _OWNER
        )
        or ("Ask an owner for a role that holds the action.",),
        principal=match["principal"],
        client=match["client"],
        action=match["action"],
        scope=match["scope"],
        roles=roles,
    )


def by_principal(text: Pasted) -> Reading | None:
    """PrincipalNotFound: the same page. What a role assignment for a wrong id is answered."""
    principal = text.found(r"Principal ([0-9a-fA-F-]{32,36}) does not exist in the directory")
    if not principal:
        return None
    return Reading(
        "Azure Resource Manager",
        "A role was to be assigned to an object id that nobody in this tenant has: a client id, "
        "somebody deleted, or an identity that is seconds old.",
        do=(
            "Take the principal (object) id: "
            "az identity show --name <name> --resource-group <group> --query principalId",
            "Right after the identity was made, say --assignee-principal-type ServicePrincipal.",
        ),
        principal=principal,
    )


_MANAGEMENT = {
    "The 'Authorization' header is missing": "The request came without a token.",
    "ExpiredAuthenticationToken": "The token has expired.",
    "InvalidAuthenticationToken": "The token is for another service, or is not believed.",
}


def by_management_token(text: Pasted) -> Reading | None:
    """A control plane's 401, and its 400 for a request without a version.

    learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
    """
    if "MissingApiVersionParameter" in text or "The api-version query parameter" in text:
        return Reading(
            "Azure Resource Manager",
            "The request names no api-version.",
            do=("Let az or an SDK send it; by hand: ?api-version=<the resource type's>.",),
        )
    for words, means in _MANAGEMENT.items():
        if words in text:
            do = "Get a new one for https://management.azure.com/: az login"
            return Reading("Azure Resource Manager", means, do=(do,))
    return None


_OTHER_TELEMETRY = {
    "v2 API does not support authentication": (
        "The component takes no telemetry by its key alone, and the path v2/track knows no token.",
        "Send by a token, to v2.1/track: give the exporter a credential.",
    ),
    "please provide the valid authorization token": (
        "The token is missing, or proves nothing to the component.",
        "Ask for the scope https://monitor.azure.com/.default.",
    ),
    "is required but missing or empty. Expected: string": (
        "An item of telemetry lacks a field that it must have.",
        "Let the SDK make it (azure-monitor-opentelemetry).",
    ),
    "Invalid instrumentation key": (
        "The item is for another component.",
        "Take APPLICATIONINSIGHTS_CONNECTION_STRING of the same deployment.",
    ),
}


def by_ingestion(text: Pasted) -> Reading | None:
    """The phrase of microsoft/ApplicationInsights-dotnet (AuthenticationTransmissionPolicy.cs)."""
    for words, (means, do) in _OTHER_TELEMETRY.items():
        if words in text:
            return Reading("Application Insights", means, do=(do,))
    if "do not grant the access to ingest the telemetry" not in text:
        return None
    action = "Microsoft.Insights/Telemetry/Write"
    return Reading(
        "Application Insights",
        "The token is good, and its holder may not publish telemetry to this component.",
        do=(
            grant("", "", "Monitoring Metrics Publisher", "<the component's resource id>"),
            BETTER_BY_DEPLOYMENT,
        ),
        action=action,
        roles=roles_with(action),
        silent="It names neither who asked nor the component.",
    )
