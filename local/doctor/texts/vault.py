"""Key Vault's refusals, of which the 403 under Azure RBAC names everything.

learn.microsoft.com/azure/key-vault/general/rest-error-codes
"""

import re

from local.doctor.texts.reading import Pasted, Reading, grant, roles_with

_SOURCE = "Key Vault"
_VAULT = re.compile(r"/vaults/[^/]+/?", re.IGNORECASE)


def by_rbac(text: Pasted) -> Reading | None:
    """ForbiddenByRbac: Caller, Action and Resource stand in it, if all of it was pasted."""
    if not any(each in text for each in _REFUSED):
        return None
    action, resource = text.found(r"Action: '([^']+)'"), text.found(r"Resource: '([^']+)'")
    if not (action and resource):
        return Reading(_SOURCE, _BY_ROLES, do=(_PASTE_ALL,), silent=_CUT)
    client, principal = text.found(r"appid=([^;]+);"), text.found(r"oid=([^;]+);")
    roles = roles_with(action)
    is_list = action.endswith("readMetadata/action") and not _VAULT.split(resource)[-1]
    return Reading(
        _SOURCE,
        _BY_ROLES + (_OF_A_LIST if is_list else ""),
        do=(
            *([_BY_NAME] if is_list else []),
            *([grant(principal, client, roles[0], resource)] if roles else []),
            "A role just granted takes minutes; Owner and Contributor hold no data action.",
        ),
        principal=principal,
        client=client,
        action=action,
        scope=resource,
        roles=roles,
    )


_REFUSED = ("Caller is not authorized to perform action on resource", "ForbiddenByRbac")
_BY_ROLES = "Key Vault knows who asks, and no role assignment of theirs allows this there."
_CUT = "It is cut off: its lines Caller, Action and Resource say who, what and where."
_PASTE_ALL = "Paste the whole of it."
_OF_A_LIST = (
    " It is a list, which is decided on the vault itself: a role on one secret does not reach it."
)
_BY_NAME = "If single secrets are enough, get each by its name; to list them all:"
_KNOWN = {
    r"does not have secrets \w+ permission on key vault": (
        "This vault decides by its access policies, and looks at no role.",
        "Let it decide by roles (its access policies are void from then on): "
        "az keyvault update --name <vault> --enable-rbac-authorization true",
    ),
    r"Client address (?:\([^)]*\) )?is not authorized": (
        "The vault's firewall does not let this address in; no role is looked at.",
        "Allow the address, or come by the private endpoint.",
    ),
    r"Public network access is disabled and request is not from a trusted service": (
        "The vault lets nobody in but by its private endpoint; no role is looked at.",
        "Come by the private endpoint: the vault's name has to lead to it where you are.",
    ),
    r"Operation is not allowed\. Operation: \"purge\"": (
        "A secret that was deleted may not be purged by who asks: it takes purge/action.",
        "Wait for its scheduled purge, or recover it; Key Vault Secrets Officer may purge.",
    ),
    r"AKV10000": (
        "The request came without a token.",
        "Let the SDK send it; by hand: Authorization: Bearer <token>.",
    ),
    r"AKV10022": (
        "The token is for another service.",
        "Ask for the scope https://vault.azure.net/.default.",
    ),
    r"AKV10032": (
        "The token is of another tenant than the vault's.",
        "Sign in to the vault's tenant: az login --tenant <tenant>",
    ),
    r"AKV10046": (
        "The token is signed with a key that Entra does not have.",
        "Get a new token; one of a sandbox is worth nothing on Azure, nor the other way round.",
    ),
    r"\[TokenExpired\]|Error validating token: IDX10223": (
        "The token has expired.",
        "Keep one credential a process and let the SDK renew its token; look at the clock.",
    ),
    r"Error validating token: 'S2S": (
        "The token proves nothing here: it is cut, changed, or of another kind.",
        "Get a new one by azure-identity, for the scope https://vault.azure.net/.default.",
    ),
    r"currently in a deleted but recoverable state|ObjectIsDeletedButRecoverable": (
        "A secret that was deleted keeps its name until it is recovered or purged.",
        "az keyvault secret recover --vault-name <vault> --name <name>",
    ),
    r"purge protection is enabled for this vault": (
        "Nobody may purge in this vault, whatever their role.",
        "Recover the secret, or wait until its days of retention are over.",
    ),
    r"\(name/id\) \S+ was not found in this key vault|Deleted Secret not found|SecretNotFound": (
        "The role is enough; there is no secret of that name, or not in that version.",
        "Look at the name. If the operator has still to set it: az keyvault secret set, or in the "
        "sandbox ./keyless rotate.",
    ),
    r"secret with \(name/id\) \S+ already exists": (
        "A backup is restored to a free name only.",
        "Delete and purge the secret that has the name, or restore into another vault.",
    ),
    r"Backup blob is corrupt|Malformed backup blob": (
        "What is to be restored is no backup of a vault of this subscription and region.",
        "Take the bytes of az keyvault secret backup unchanged.",
    ),
    r"The specified version \([^)]*\) is not recognized|The request hostname is invalid"
    r"|Parameter \S+ has invalid value|no such collection|The resource was not found\."
    r"|The request URI contains an invalid name|Method \S+ does not allow"
    r"|HTTP \w+ not allowed|Property \S* ?has invalid value|BadParameter": (
        "The request is not one that Key Vault understands; it is no matter of roles.",
        "Let azure-keyvault-secrets make it; the operations: learn.microsoft.com/rest/api/keyvault",
    ),
    r"not allowed on a disabled secret": (
        "The role is enough; the secret, or this version of it, is disabled.",
        "az keyvault secret set-attributes --vault-name <vault> --name <name> --enabled true",
    ),
}


def otherwise(text: Pasted) -> Reading | None:
    """The vault's other refusals."""
    for pattern, (means, do) in _KNOWN.items():
        if text.match(pattern):
            return Reading(_SOURCE, means, do=(do,))
    return None
