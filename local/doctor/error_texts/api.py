"""Errors of the catalog, of telemetry ingestion, and of Azure Resource Manager."""

from local.doctor.error_texts.explanation import (
    BETTER_BY_DEPLOYMENT,
    Explanation,
    Pasted,
    grant_command,
    roles_with,
)

_CLIENT = (
    r"The client '(?P<client>[^']*)' with object id '(?P<principal>[^']*)' does not have "
    r"authorization to perform action '(?P<action>[^']*)' over scope '(?P<scope>[^']*)'"
)

# Never advised where a single action is missing: their holders can give themselves any role.
_ADMINISTRATORS = frozenset(
    {"Owner", "User Access Administrator", "Role Based Access Control Administrator"}
)


def by_app_role(text: Pasted) -> Explanation | None:
    """Read insufficient_scope (RFC 6750, section 3.1): a valid token without the app role."""
    role = text.phrase(r"carries no app role ([\w.]*\w)")
    if "insufficient_scope" not in text and not role:
        return None
    return Explanation(
        "an API of this project",
        f"The token is valid, but lacks the app role {role or 'that the API requires'}.",
        do=(
            "Name the holder in infra/entra/catalog.json; then: infra/entra/register.py holders",
            "If the role was just granted, wait: a managed identity's token is cached for up to a "
            "day.",
        ),
        roles=(role,) if role else (),
        silent="It does not name the caller; the API's log does.",
    )


_TOKENS = {
    "has expired": "Keep one credential per process and let the SDK renew its token.",
    "is for another API": "Ask for the API's own scope: api://<app id>/.default.",
    "is from another tenant or of another version": "The API accepts version 2 tokens of its own "
    "tenant: requestedAccessTokenVersion of its registration is 2.",
}


def by_token(text: Pasted) -> Explanation | None:
    """Read invalid_token (the same section), whose description gives the reason."""
    why = text.phrase(r"The token ((?:has|is) [^\".]+)")
    if "invalid_token" not in text and not text.line.startswith("The token "):
        return None
    means = f"The token is not valid: it {why}." if why else "The token is not valid."
    return Explanation("an API of this project", means, do=(_TOKENS.get(why, "Get a new token."),))


def by_resource_manager(text: Pasted) -> Explanation | None:
    """Read AuthorizationFailed, the control plane's error, which names caller, action and scope.

    learn.microsoft.com/azure/role-based-access-control/troubleshooting
    """
    match = text.match(_CLIENT)
    if match is None:
        return None
    roles = roles_with(match["action"], data=False)
    return Explanation(
        "Azure Resource Manager",
        "This action manages resources, which no data role allows: the missing role is not a data "
        "role.",
        do=tuple(
            grant_command(match["principal"], match["client"], role, match["scope"])
            for role in roles[:1]
            if role not in _ADMINISTRATORS
        )
        or ("Ask an owner for a role that holds the action.",),
        principal=match["principal"],
        client=match["client"],
        action=match["action"],
        scope=match["scope"],
        roles=roles,
    )


def by_principal(text: Pasted) -> Explanation | None:
    """Read PrincipalNotFound (the same page): a role assignment with a wrong object id."""
    principal = text.found(r"Principal ([0-9a-fA-F-]{32,36}) does not exist in the directory")
    if not principal:
        return None
    return Explanation(
        "Azure Resource Manager",
        "A role was assigned to an object id that does not exist in this tenant: a client id, a "
        "deleted principal, or an identity that is seconds old.",
        do=(
            "Use the principal (object) id: "
            "az identity show --name <name> --resource-group <group> --query principalId",
            "For a new identity, add --assignee-principal-type ServicePrincipal.",
        ),
        principal=principal,
    )


_MANAGEMENT = {
    "The 'Authorization' header is missing": "The request has no token.",
    "ExpiredAuthenticationToken": "The token has expired.",
    "InvalidAuthenticationToken": "The token is for another service, or is not valid.",
}


def by_management_token(text: Pasted) -> Explanation | None:
    """Read the control plane's 401, and its 400 for a request without a version.

    learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
    """
    if "MissingApiVersionParameter" in text or "The api-version query parameter" in text:
        return Explanation(
            "Azure Resource Manager",
            "The request names no api-version.",
            do=("Let az or an SDK send it; by hand: ?api-version=<the resource type's>.",),
        )
    for words, means in _MANAGEMENT.items():
        if words in text:
            do = "Get a new one for https://management.azure.com/: az login"
            return Explanation("Azure Resource Manager", means, do=(do,))
    return None


_OTHER_TELEMETRY = {
    "v2 API does not support authentication": (
        "The component does not accept its key alone, and the path v2/track accepts no token.",
        "Send a token to v2.1/track: give the exporter a credential.",
    ),
    "please provide the valid authorization token": (
        "The token is missing, or is not valid for the component.",
        "Ask for the scope https://monitor.azure.com/.default.",
    ),
    "is required but missing or empty. Expected: string": (
        "A telemetry item lacks a required field.",
        "Let the SDK write it (azure-monitor-opentelemetry).",
    ),
    "Invalid instrumentation key": (
        "The item is for another component.",
        "Use APPLICATIONINSIGHTS_CONNECTION_STRING of the same deployment.",
    ),
}


def by_ingestion(text: Pasted) -> Explanation | None:
    """Read a refusal of telemetry.

    The phrase: microsoft/ApplicationInsights-dotnet (AuthenticationTransmissionPolicy.cs).
    """
    for words, (means, do) in _OTHER_TELEMETRY.items():
        if words in text:
            return Explanation("Application Insights", means, do=(do,))
    if "do not grant the access to ingest the telemetry" not in text:
        return None
    action = "Microsoft.Insights/Telemetry/Write"
    return Explanation(
        "Application Insights",
        "The token is valid, but the caller may not publish telemetry to this component.",
        do=(
            grant_command("", "", "Monitoring Metrics Publisher", "<the component's resource id>"),
            BETTER_BY_DEPLOYMENT,
        ),
        action=action,
        roles=roles_with(action),
        silent="It names neither the caller nor the component.",
    )
