"""Key Vault errors; the 403 under Azure RBAC names caller, action and resource.

learn.microsoft.com/azure/key-vault/general/rest-error-codes
"""

import re

from local.doctor.error_texts.explanation import Explanation, Pasted, grant_command, roles_with

_SOURCE = "Key Vault"
_VAULT = re.compile(r"/vaults/[^/]+/?", re.IGNORECASE)


def by_rbac(text: Pasted) -> Explanation | None:
    """Read ForbiddenByRbac, which has Caller, Action and Resource if all of it was pasted."""
    if not any(each in text for each in _REFUSED):
        return None
    action, resource = text.found(r"Action: '([^']+)'"), text.found(r"Resource: '([^']+)'")
    if not (action and resource):
        return Explanation(_SOURCE, _BY_ROLES, do=(_PASTE_ALL,), silent=_CUT)
    client, principal = text.found(r"appid=([^;]+);"), text.found(r"oid=([^;]+);")
    roles = roles_with(action)
    is_list = action.endswith("readMetadata/action") and not _VAULT.split(resource)[-1]
    return Explanation(
        _SOURCE,
        _BY_ROLES + (_OF_A_LIST if is_list else ""),
        do=(
            *([_BY_NAME] if is_list else []),
            *([grant_command(principal, client, roles[0], resource)] if roles else []),
            "A new role takes minutes; Owner and Contributor include no data action.",
        ),
        principal=principal,
        client=client,
        action=action,
        scope=resource,
        roles=roles,
    )


_REFUSED = ("Caller is not authorized to perform action on resource", "ForbiddenByRbac")
_BY_ROLES = (
    "Key Vault knows the caller, but none of the caller's role assignments allows this there."
)
_CUT = "The text is cut off: its lines Caller, Action and Resource say who, what and where."
_PASTE_ALL = "Paste all of it."
_OF_A_LIST = " Listing requires a role on the vault itself: a role on one secret is not enough."
_BY_NAME = "If you need single secrets, get each by name; to list them all:"
_KNOWN = {
    r"does not have secrets \w+ permission on key vault": (
        "This vault uses access policies and ignores roles.",
        "Switch it to roles (its access policies then have no effect): "
        "az keyvault update --name <vault> --enable-rbac-authorization true",
    ),
    r"Client address (?:\([^)]*\) )?is not authorized": (
        "The vault's firewall blocks this address; roles are not checked.",
        "Allow the address, or use the private endpoint.",
    ),
    r"Public network access is disabled and request is not from a trusted service": (
        "The vault accepts only its private endpoint; roles are not checked.",
        "Use the private endpoint: the vault's name must resolve to it from your network.",
    ),
    r"Operation is not allowed\. Operation: \"purge\"": (
        "The caller may not purge a deleted secret: that requires purge/action.",
        "Wait for its scheduled purge, or recover it; Key Vault Secrets Officer may purge.",
    ),
    r"AKV10000": (
        "The request has no token.",
        "Let the SDK send it; by hand: Authorization: Bearer <token>.",
    ),
    r"AKV10022": (
        "The token is for another service.",
        "Ask for the scope https://vault.azure.net/.default.",
    ),
    r"AKV10032": (
        "The token is from a different tenant than the vault.",
        "Sign in to the vault's tenant: az login --tenant <tenant>",
    ),
    r"AKV10046": (
        "The token is not signed by Entra.",
        "Get a new token; a sandbox's token is not valid on Azure, nor Azure's in a sandbox.",
    ),
    r"\[TokenExpired\]|Error validating token: IDX10223": (
        "The token has expired.",
        "Keep one credential per process, let the SDK renew its token, and check the clock.",
    ),
    r"Error validating token: 'S2S": (
        "The token is not valid here: it is cut off, altered, or of another kind.",
        "Get a new one with azure-identity, for the scope https://vault.azure.net/.default.",
    ),
    r"too many requests were received|VaultRequestTypeLimitReached": (
        "The vault answers too many requests: each has a limit per ten seconds.",
        "Keep a secret for minutes, as services/common/vault.py does, and wait longer each time.",
    ),
    r"The service is unavailable at the moment|currently in a read-only state": (
        "The vault does not answer now, or takes no changes while it moves to another region.",
        "Let the SDK retry, and keep the secret that you have.",
    ),
    r"currently being recovered|ObjectIsBeingRecovered": (
        "The secret is being recovered, which takes seconds.",
        "Wait for the end of begin_recover_deleted_secret, then set it.",
    ),
    r"currently in a deleted but recoverable state|ObjectIsDeletedButRecoverable": (
        "A deleted secret keeps its name until it is recovered or purged.",
        "az keyvault secret recover --vault-name <vault> --name <name>",
    ),
    r"purge protection is enabled for this vault": (
        "This vault allows no purge, whatever the role.",
        "Recover the secret, or wait until its retention period ends.",
    ),
    r"\(name/id\) \S+ was not found in this key vault|Deleted Secret not found|SecretNotFound": (
        "The role is sufficient; there is no secret of that name, or no such version.",
        "Check the name. If the operator has not set it yet: az keyvault secret set, or in the "
        "sandbox ./keyless rotate.",
    ),
    r"secret with \(name/id\) \S+ already exists": (
        "A backup can only be restored under a free name.",
        "Delete and purge the secret that has the name, or restore into another vault.",
    ),
    r"Backup blob is corrupt|Malformed backup blob": (
        "These bytes are not a backup of a vault of this subscription and region.",
        "Use the bytes of az keyvault secret backup unchanged.",
    ),
    r"The specified version \([^)]*\) is not recognized|The request hostname is invalid"
    r"|Parameter \S+ has invalid value|no such collection|The resource was not found\."
    r"|The request URI contains an invalid name|Method \S+ does not allow"
    r"|HTTP \w+ not allowed|Property \S* ?has invalid value|BadParameter": (
        "Key Vault does not understand the request; roles are not the cause.",
        "Let azure-keyvault-secrets send it; the operations: learn.microsoft.com/rest/api/keyvault",
    ),
    r"not allowed on a disabled secret": (
        "The role is sufficient; the secret, or this version of it, is disabled.",
        "az keyvault secret set-attributes --vault-name <vault> --name <name> --enabled true",
    ),
}


def otherwise(text: Pasted) -> Explanation | None:
    """Read the vault's other errors."""
    for pattern, (means, do) in _KNOWN.items():
        if text.match(pattern):
            return Explanation(_SOURCE, means, do=(do,))
    return None
