"""Entra's AADSTS numbers, as far as managed identities and their developers meet them.

learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from local.doctor.texts.reading import Pasted, Reading

_SOURCE = "Entra"
_NO_RESOURCE = (
    "The resource that a token was asked for is not known in this tenant.",
    "Look at the scope (its form is <resource>/.default) and at the tenant; an API of your own has "
    "to be registered there: ./keyless doctor names what the catalog goes by.",
)
_SIGN_IN_AGAIN = ("The sign-in has ended, or asks for more than it has.", "az login")
_NO_SECRETS = (
    "An application's client secret was refused, and a managed identity has none.",
    "Take AZURE_CLIENT_SECRET out of the environment, and set "
    "AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential.",
)
_NO_FEDERATION = (
    "The identity does not trust who presented this federated token.",
    "Compare issuer, subject and audience with the identity's federated credential: "
    "az identity federated-credential list --identity-name <name> --resource-group <group>",
)

_NUMBERS = {
    "50001": _NO_RESOURCE,
    "500011": _NO_RESOURCE,
    "50076": _SIGN_IN_AGAIN,
    "50173": _SIGN_IN_AGAIN,
    "65001": (
        "The client has no consent to ask for this API in the user's name.",
        "Authorize it in the API's registration (preAuthorizedApplications), or consent to it.",
    ),
    "70043": _SIGN_IN_AGAIN,
    "700016": (
        "No application of that client id is in this tenant: a wrong id, a wrong tenant, or an "
        "identity that was deleted (made anew, it has another client id).",
        "az identity show --name <name> --resource-group <group> --query clientId",
    ),
    "700082": _SIGN_IN_AGAIN,
    "700211": _NO_FEDERATION,
    "700213": _NO_FEDERATION,
    "7000215": _NO_SECRETS,
    "7000222": _NO_SECRETS,
    "90002": (
        "There is no such tenant.",
        "Look at AZURE_TENANT_ID; see yours: az account show --query tenantId",
    ),
    "501051": (
        "The API gives tokens only to who is assigned to it, and this identity is not.",
        "Give it an app role (docs/service-tokens.md), or set appRoleAssignmentRequired to false.",
    ),
}


def refused(text: Pasted) -> Reading | None:
    """An error with an AADSTS number."""
    number = text.found(r"AADSTS(\d+)")
    if not number:
        return None
    means, do = _NUMBERS.get(number, (f"Entra gives no token, for its reason {number}.", ""))
    about = f"https://login.microsoftonline.com/error?code={number}"
    return Reading(
        f"{_SOURCE} (AADSTS{number})",
        means,
        do=(do or f"Microsoft's own explanation: {about}",),
        client=text.found(r"[Aa]pplication (?:with identifier )?'([0-9a-f-]{36})'"),
        scope=text.phrase(r"resource principal named (\S+) was"),
    )
