"""Why a managed identity's token was not given: the endpoint's answers, and the SDK's around them.

learn.microsoft.com/azure/container-apps/managed-identity, and for virtual machines
learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from local.doctor.texts.reading import Reading

_SOURCE = "the managed identity endpoint"
_SILENT = "It names no identity: which one was asked for stands in AZURE_CLIENT_ID, if it is set."
_SHOW = "az containerapp identity show --name <app> --resource-group <group>"

UNLOADED = "Unable to load requested managed identity"
UNKNOWN = "No User Assigned or Delegated Managed Identity found"
SEVERAL = "Multiple user assigned identities exist"

_KNOWN = {
    UNLOADED: (
        "The request named no identity, and the app has no system-assigned one. Container Apps "
        "does not guess a user-assigned identity, not even if it is the only one.",
        "Set AZURE_CLIENT_ID to the client id of the identity, and pass it to the credential as "
        "managed_identity_client_id.",
        f"See which there are: {_SHOW}",
    ),
    UNKNOWN: (
        "The id that was asked for is none of the app's identities, or of one whose lifecycle "
        "keeps it from code.",
        "AZURE_CLIENT_ID takes the client id: not the principal (object) id, and not that of an "
        "identity that was deleted and made anew since.",
        f"See which there are, attach what is missing: {_SHOW}",
    ),
    SEVERAL: (
        "The machine has several user-assigned identities, and the request named none.",
        "Set AZURE_CLIENT_ID to the client id of the one that is meant, and pass it to the "
        "credential as managed_identity_client_id.",
    ),
    "Identity not found": (
        "The id that was asked for is none of the machine's identities.",
        "AZURE_CLIENT_ID takes the client id of an identity that is attached.",
    ),
    "No MSI found for specified": (
        "The id that was asked for is none of the app's identities (an older text).",
        "AZURE_CLIENT_ID takes the client id of an identity that is attached.",
    ),
    "error occured while fetching the AAD Token": (
        "The endpoint knows the identity and got no token from Entra: most often the resource "
        "that was asked for does not exist in this tenant.",
        "Look at the scope: https://storage.azure.com/.default, https://vault.azure.net/.default, "
        "https://servicebus.azure.net/.default; an API of your own goes by its App ID URI.",
    ),
    "no response from the IMDS endpoint": (
        "IDENTITY_ENDPOINT is not set, so the SDK tried a virtual machine's endpoint, and there "
        "is none: no identity is attached to the app, or this does not run on Azure.",
        "On Azure attach one and restart, since its variables come at the start. On a laptop: "
        "az login, and AZURE_TOKEN_CREDENTIALS=dev; in a sandbox: "
        'eval "$(./keyless env <service>)".',
    ),
    "No managed identity endpoint found": (
        "IDENTITY_ENDPOINT is not set: no identity is attached to the app, or this does not run "
        "on Azure.",
        "On Azure attach one and restart, since its variables come at the start.",
    ),
    "AZURE_TOKEN_CREDENTIALS environment variable is required": (
        "The credential is told to take one kind only, and nobody named it.",
        "Set AZURE_TOKEN_CREDENTIALS: ManagedIdentityCredential on Azure, dev on a laptop.",
    ),
    "Please run 'az login'": (
        "Nobody is signed in to the Azure CLI here.",
        "az login; in a sandbox see docs/developer-sign-in.md.",
    ),
}


def refused(text: str) -> Reading | None:
    """An answer of the endpoint, or of the SDK in its place."""
    for words, (means, *do) in _KNOWN.items():
        if words in text:
            silent = _SILENT if words in {UNLOADED, UNKNOWN} else ""
            return Reading(_SOURCE, means, do=tuple(do), silent=silent)
    return None
