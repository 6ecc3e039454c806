"""Errors of the managed identity endpoint, and the SDK's errors around them.

learn.microsoft.com/azure/container-apps/managed-identity, and for virtual machines
learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from local.doctor.error_texts.explanation import Explanation, Pasted

_ENDPOINT = "the managed identity endpoint"
_SDK = "azure-identity"
_SILENT = "It names no identity: the request takes it from AZURE_CLIENT_ID, if that is set."
_SHOW = "az containerapp identity show --name <app> --resource-group <group>"

UNLOADED = "Unable to load the proper Managed Identity"
_UNLOADED_BEFORE = "Unable to load requested managed identity"
UNKNOWN = "No User Assigned or Delegated Managed Identity found"
SEVERAL = "Multiple user assigned identities exist"
NO_TOKEN = "error occured while fetching the AAD Token"  # noqa: S105 - misspelt by Azure

_NONE_OF_THE_MACHINES = (
    "The machine has no identity with the requested id.",
    "Set AZURE_CLIENT_ID to the client id of an attached identity.",
)
_NO_ENDPOINT = (
    "IDENTITY_ENDPOINT is not set, so the SDK tried a virtual machine's endpoint, and there "
    "is none: no identity is attached to the app, or this does not run on Azure.",
    "On Azure, attach one and restart: its variables are set at start. On a laptop: "
    "az login, and AZURE_TOKEN_CREDENTIALS=dev; in a sandbox: "
    'eval "$(./keyless env <service>)"',
)
_NAMED_NONE = (
    "The request named no identity, and the app has no system-assigned one. Container Apps "
    "does not guess a user-assigned identity, not even if it is the only one.",
    "Set AZURE_CLIENT_ID to the client id of the identity, and pass it to the credential as "
    "managed_identity_client_id.",
    f"List the attached identities: {_SHOW}",
)
_ANSWERS = {
    UNLOADED: _NAMED_NONE,
    # App Service's text, which Azure/go-autorest#577 saw in 2020.
    _UNLOADED_BEFORE: _NAMED_NONE,
    UNKNOWN: (
        "The requested id belongs to none of the app's identities, or to one that its lifecycle "
        "withholds from code.",
        "Set AZURE_CLIENT_ID to the client id: not the principal (object) id, and not the old id "
        "of a recreated identity.",
        f"List the attached identities, and attach what is missing: {_SHOW}",
    ),
    SEVERAL: (
        "The machine has several user-assigned identities, and the request named none.",
        "Set AZURE_CLIENT_ID to the client id of the right one, and pass it to the "
        "credential as managed_identity_client_id.",
    ),
    "Identity not found": _NONE_OF_THE_MACHINES,
    "The requested identity has not been assigned to this resource": _NONE_OF_THE_MACHINES,
    "Required metadata header not specified": (
        "The request lacks the header that protects against forged requests.",
        "Let azure-identity send it; by hand: the header Metadata: true.",
    ),
    "The api-version is missing or not supported": (
        "The request does not use version 2019-08-01.",
        "Let azure-identity send it; by hand: api-version=2019-08-01.",
    ),
    "wrong or missing X-IDENTITY-HEADER": (
        "The endpoint does not recognize the caller: IDENTITY_HEADER is missing, or is from "
        "another app or from an earlier start of the sandbox.",
        "Read it from the process's own environment; in the sandbox, run the program with "
        "./keyless as <who> -- <command>.",
    ),
    "No identity has been assigned to this resource": (
        "The machine has no identity, or none with the requested id.",
        "Attach one; if several are attached, set AZURE_CLIENT_ID to the client id of the right "
        "one.",
    ),
    "No MSI found for specified": (
        "The app has no identity with the requested id (an older text).",
        "Set AZURE_CLIENT_ID to the client id of an attached identity.",
    ),
    "Temporarily throttled, too many requests": (
        "The endpoint answers too many requests of this app.",
        "Keep one credential per process: it keeps its token, and repeats what is throttled.",
    ),
    "The parameter resource is missing": (
        "The request does not name the resource that the token is for.",
        "Let azure-identity send it, with a scope; by hand: resource=https://storage.azure.com/.",
    ),
    "to get a token for, only": (
        "Nothing in the sandbox accepts a token for this resource; Azure may have it.",
        "Check the scope of the request: the text lists the sandbox's resources.",
        "docs/sandbox.md lists what the sandbox lacks.",
    ),
    NO_TOKEN: (
        "The endpoint knows the identity but got no token from Entra: most often the requested "
        "resource does not exist in this tenant.",
        "Check the scope: https://storage.azure.com/.default, https://vault.azure.net/.default, "
        "https://servicebus.azure.net/.default; for an API of your own, its App ID URI.",
    ),
}

# The SDK's errors in place of the endpoint's, or from its other credentials.
_SAID_BY_SDK = {
    "no response from the IMDS endpoint": _NO_ENDPOINT,
    "ManagedIdentityCredential: Expecting value": (
        "IDENTITY_ENDPOINT is not a managed identity endpoint, or it refuses this "
        "IDENTITY_HEADER: it answers with a status alone, which the SDK does not read.",
        "Both change at each start of the app: take them from the same one. In a sandbox: "
        'eval "$(./keyless env <service>)"',
    ),
    "ManagedIdentityCredential: HTTPConnection": (
        "Nothing answers at IDENTITY_ENDPOINT: its app no longer runs, or this is another "
        "container.",
        "Read it from the process's own environment. In a running sandbox: "
        'eval "$(./keyless env <service>)"',
    ),
    "No managed identity endpoint found": (
        "IDENTITY_ENDPOINT is not set: no identity is attached to the app, or this does not run "
        "on Azure.",
        "On Azure, attach one and restart: its variables are set at start.",
    ),
    "ManagedIdentityCredential authentication unavailable": _NO_ENDPOINT,
    "AZURE_TOKEN_CREDENTIALS environment variable is required": (
        "The credential must be given its kind, and none is named.",
        "Set AZURE_TOKEN_CREDENTIALS: ManagedIdentityCredential on Azure, dev on a laptop.",
    ),
    "Please run 'az login'": (
        "The Azure CLI is not signed in here.",
        "az login; in a sandbox see docs/developer-sign-in.md.",
    ),
    "Azure CLI not found on path": (
        "The credential uses the Azure CLI's sign-in, and there is no Azure CLI on the PATH.",
        "Install it (https://aka.ms/azure-cli), then az login; in a sandbox see "
        "docs/developer-sign-in.md.",
    ),
    "EnvironmentCredential authentication unavailable": (
        "The credential looks for a client secret or a certificate in the environment, and a "
        "managed identity has none.",
        "Set AZURE_TOKEN_CREDENTIALS: ManagedIdentityCredential on Azure, dev on a laptop.",
    ),
}


def refused(text: Pasted) -> Explanation | None:
    """Read an error of the endpoint, or of the SDK in its place."""
    for source, known in ((_ENDPOINT, _ANSWERS), (_SDK, _SAID_BY_SDK)):
        for words, (means, *do) in known.items():
            if words in text:
                silent = _SILENT if words in {UNLOADED, _UNLOADED_BEFORE, UNKNOWN} else ""
                return Explanation(source, means, do=tuple(do), silent=silent)
    return None
