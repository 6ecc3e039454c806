"""Entra's AADSTS error numbers that managed identities and developers meet.

learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from local.doctor.error_texts.explanation import Explanation, Pasted

_SOURCE = "Entra"
_NO_RESOURCE = (
    "This tenant does not know the resource of the token request.",
    "Check the scope (its form is <resource>/.default) and the tenant; an API of your own must be "
    "registered there: ./keyless doctor shows the catalog's application id.",
)
_SIGN_IN_AGAIN = ("The sign-in has expired, or does not meet a new requirement.", "az login")
_NO_SECRETS = (
    "A client secret was refused, and a managed identity has none.",
    "Remove AZURE_CLIENT_SECRET from the environment, and set "
    "AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential.",
)
_NO_FEDERATION = (
    "The identity does not trust the issuer or subject of this federated token.",
    "Compare issuer, subject and audience with the identity's federated credential: "
    "az identity federated-credential list --identity-name <name> --resource-group <group>",
)
_NO_KEYS_OF_ISSUER = (
    "Entra cannot read the issuer's keys, or the key that signed the federated token is not there.",
    "Open <issuer>/.well-known/openid-configuration and its jwks_uri; Entra must reach both. In "
    "the sandbox, docs/federation.md says how it trusts and reaches an issuer.",
)

_NUMBERS = {
    "50001": _NO_RESOURCE,
    "500011": _NO_RESOURCE,
    "50076": _SIGN_IN_AGAIN,
    "50173": _SIGN_IN_AGAIN,
    "65001": (
        "The client has no consent to call this API on the user's behalf.",
        "Authorize it in the API's registration (preAuthorizedApplications), or consent to it.",
    ),
    "70043": _SIGN_IN_AGAIN,
    "700016": (
        "This tenant has no application with that client id: a wrong id, a wrong tenant, or a "
        "deleted identity (a recreated one has another client id).",
        "az identity show --name <name> --resource-group <group> --query clientId",
    ),
    "700082": _SIGN_IN_AGAIN,
    "70021": _NO_FEDERATION,
    "700211": _NO_FEDERATION,
    "700212": _NO_FEDERATION,
    "700213": _NO_FEDERATION,
    "7002138": (
        "The federated credential has the subject in other upper and lower case.",
        "Write the subject in the Bicep as the token has it: the case counts.",
    ),
    "700024": (
        "The federated token has expired, or is not valid yet.",
        "Let its issuer write a new one to AZURE_FEDERATED_TOKEN_FILE, and check both clocks.",
    ),
    "50166": _NO_KEYS_OF_ISSUER,
    "7000272": _NO_KEYS_OF_ISSUER,
    "50013": (
        "The federated token is not signed with the key that its header names.",
        "Take a new token from the issuer, unchanged.",
    ),
    "7000216": _NO_SECRETS,
    "7000215": _NO_SECRETS,
    "7000222": _NO_SECRETS,
    "90002": (
        "There is no such tenant.",
        "Check AZURE_TENANT_ID; yours is: az account show --query tenantId",
    ),
    "501051": (
        "Only assigned callers get a token for this API, and this identity is not assigned.",
        "Give it an app role (docs/service-tokens.md), or set appRoleAssignmentRequired to false.",
    ),
}


def refused(text: Pasted) -> Explanation | None:
    """Read an error with an AADSTS number."""
    number = text.found(r"AADSTS(\d+)")
    if not number:
        return None
    means, do = _NUMBERS.get(number, (f"Entra issued no token, for the reason {number}.", ""))
    about = f"https://login.microsoftonline.com/error?code={number}"
    return Explanation(
        f"{_SOURCE} (AADSTS{number})",
        means,
        do=(do or f"Microsoft's explanation: {about}",),
        client=text.found(r"[Aa]pplication (?:with identifier )?'([0-9a-f-]{36})'"),
        scope=text.phrase(r"resource principal named (\S+) was"),
    )
