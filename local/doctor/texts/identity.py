"""Why a managed identity's token was not given: the endpoint's answers, and the SDK's around them.

learn.microsoft.com/azure/container-apps/managed-identity, and for virtual machines
learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from local.doctor.texts.reading import Pasted, Reading

_ENDPOINT = "the managed identity endpoint"
_SDK = "azure-identity"
_SILENT = "It names no identity: which one was asked for stands in AZURE_CLIENT_ID, if it is set."
_SHOW = "az containerapp identity show --name <app> --resource-group <group>"

UNLOADED = "Unable to load the proper Managed Identity"
_UNLOADED_BEFORE = "Unable to load requested managed identity"
UNKNOWN = "No User Assigned or Delegated Managed Identity found"
SEVERAL = "Multiple user assigned identities exist"
NO_TOKEN = "error occured while fetching the AAD Token"  # noqa: S105 - misspelt by Azure

_NONE_OF_THE_MACHINES = (
    "The id that was asked for is none of the machine's identities.",
    "AZURE_CLIENT_ID takes the client id of an identity that is attached.",
)
_NO_ENDPOINT = (
    "IDENTITY_ENDPOINT is not set, so the SDK tried a virtual machine's endpoint, and there "
    "is none: no identity is attached to the app, or this does not run on Azure.",
    "On Azure attach one and restart, since its variables come at the start. On a laptop: "
    "az login, and AZURE_TOKEN_CREDENTIALS=dev; in a sandbox: "
    'eval "$(./keyless env <service>)"',
)
_NAMED_NONE = (
    "The request named no identity, and the app has no system-assigned one. Container Apps "
    "does not guess a user-assigned identity, not even if it is the only one.",
    "Set AZURE_CLIENT_ID to the client id of the identity, and pass it to the credential as "
    "managed_identity_client_id.",
    f"See which there are: {_SHOW}",
)
_ANSWERS = {
    UNLOADED: _NAMED_NONE,
    # App Service's text, which Azure/go-autorest#577 saw in 2020.
    _UNLOADED_BEFORE: _NAMED_NONE,
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
    "Identity not found": _NONE_OF_THE_MACHINES,
    "The requested identity has not been assigned to this resource": _NONE_OF_THE_MACHINES,
    "Required metadata header not specified": (
        "The request has to show that nobody was made to send it, and does not.",
        "Let azure-identity send it; by hand: the header Metadata: true.",
    ),
    "The api-version is missing or not supported": (
        "The request to the endpoint names another version than 2019-08-01.",
        "Let azure-identity ask; by hand: api-version=2019-08-01.",
    ),
    "wrong or missing X-IDENTITY-HEADER": (
        "The endpoint does not know who asks: IDENTITY_HEADER is missing, or another app's, or of "
        "a sandbox that was started before.",
        "Take it from the process's own environment; in the sandbox run the program by "
        "./keyless as <who> -- <command>.",
    ),
    "No identity has been assigned to this resource": (
        "The machine has no identity, or none of the id that was asked for.",
        "Attach one; if several are attached, set AZURE_CLIENT_ID to the client id of the one "
        "that is meant.",
    ),
    "No MSI found for specified": (
        "The id that was asked for is none of the app's identities (an older text).",
        "AZURE_CLIENT_ID takes the client id of an identity that is attached.",
    ),
    "The parameter resource is missing": (
        "The request does not say what the token is for.",
        "Let azure-identity ask, with a scope; by hand: resource=https://storage.azure.com/.",
    ),
    "to get a token for, only": (
        "The sandbox has nothing that takes a token for this resource; Azure may.",
        "Look at the scope of the request: the text names the resources that the sandbox has.",
        "docs/sandbox.md has the table of what it lacks.",
    ),
    NO_TOKEN: (
        "The endpoint knows the identity and got no token from Entra: most often the resource "
        "that was asked for does not exist in this tenant.",
        "Look at the scope: https://storage.azure.com/.default, https://vault.azure.net/.default, "
        "https://servicebus.azure.net/.default; an API of your own goes by its App ID URI.",
    ),
}

# What the SDK says in the endpoint's place, or for another of its credentials.
_SAID_BY_SDK = {
    "no response from the IMDS endpoint": _NO_ENDPOINT,
    "ManagedIdentityCredential: Expecting value": (
        "What answers at IDENTITY_ENDPOINT is not the endpoint, or does not take this "
        "IDENTITY_HEADER: it says so by a status alone, and the SDK reads no status.",
        "Both are made anew at each start of the app: take them from the same one. In a sandbox: "
        'eval "$(./keyless env <service>)"',
    ),
    "ManagedIdentityCredential: HTTPConnection": (
        "Nothing answers at IDENTITY_ENDPOINT: the app that it was for is not there any more, or "
        "this is another container.",
        "Take it from the process's own environment. In a sandbox, once it runs: "
        'eval "$(./keyless env <service>)"',
    ),
    "No managed identity endpoint found": (
        "IDENTITY_ENDPOINT is not set: no identity is attached to the app, or this does not run "
        "on Azure.",
        "On Azure attach one and restart, since its variables come at the start.",
    ),
    "ManagedIdentityCredential authentication unavailable": _NO_ENDPOINT,
    "AZURE_TOKEN_CREDENTIALS environment variable is required": (
        "The credential is told to take one kind only, and nobody named it.",
        "Set AZURE_TOKEN_CREDENTIALS: ManagedIdentityCredential on Azure, dev on a laptop.",
    ),
    "Please run 'az login'": (
        "Nobody is signed in to the Azure CLI here.",
        "az login; in a sandbox see docs/developer-sign-in.md.",
    ),
    "Azure CLI not found on path": (
        "The credential asks the Azure CLI who is signed in, and there is none on the PATH.",
        "Install it (https://aka.ms/azure-cli), then az login; in a sandbox see "
        "docs/developer-sign-in.md.",
    ),
    "EnvironmentCredential authentication unavailable": (
        "The credential looks for a client secret or a certificate in the environment, and a "
        "managed identity has none.",
        "Set AZURE_TOKEN_CREDENTIALS: ManagedIdentityCredential on Azure, dev on a laptop.",
    ),
}


def refused(text: Pasted) -> Reading | None:
    """An answer of the endpoint, or what the SDK says in its place."""
    for source, known in ((_ENDPOINT, _ANSWERS), (_SDK, _SAID_BY_SDK)):
        for words, (means, *do) in known.items():
            if words in text:
                silent = _SILENT if words in {UNLOADED, _UNLOADED_BEFORE, UNKNOWN} else ""
                return Reading(source, means, do=tuple(do), silent=silent)
    return None
