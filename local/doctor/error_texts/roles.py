"""Errors of Microsoft.Authorization: of a role assignment that was asked for by hand.

learn.microsoft.com/azure/role-based-access-control/troubleshooting; those that a deployment meets
are in deployment.py.
"""

from local.doctor.error_texts.explanation import Explanation, Pasted

_SHOW_THE_ROLES = "List the roles: az role definition list --output table"

_KNOWN: dict[str, tuple[str, ...]] = {
    r"PrincipalNotFound|does not exist in the directory": (
        "No principal has this id. It is the object id that counts, not the client id; a new "
        "principal may not be known everywhere yet.",
        "Compare it with the object id that ./keyless doctor prints, or name its type: "
        "--assignee-object-id <object id> --assignee-principal-type ServicePrincipal",
    ),
    r"UnmatchedPrincipalType|different from specified PrinciaplType": (
        "The principal is of another type: every managed identity is a ServicePrincipal, a person "
        "is a User.",
        "Give the type that the text names: --assignee-principal-type",
    ),
    r"InvalidPrincipalId|valid principal ID must be provided": (
        "The id of the principal is missing, or is no GUID.",
        "Give its object id: --assignee-object-id",
    ),
    r"RoleDefinitionDoesNotExist|specified role definition with ID": (
        "No role has this id. A custom role is new for a few minutes; a built-in role has the same "
        "id everywhere.",
        _SHOW_THE_ROLES,
    ),
    r"RoleAssignmentNotFound|The role assignment '[^']*' is not found": (
        "There is no assignment of this name on this scope.",
        "List those that there are: az role assignment list --all",
    ),
    r"InvalidRoleAssignmentId|role assignment ID must be a GUID": (
        "An assignment's name must be a GUID.",
        "Leave out --name, and one is made.",
    ),
    r"The filter '[^']*' is not supported": (
        "The filter is not one that Azure knows, or combines two that do not go together.",
        "Take atScope(), principalId eq '<object id>' or assignedTo('<object id>'), and filter the "
        "rest in the answer.",
    ),
    r"NotSupportedBySandbox|This sandbox evaluates no": (
        "The sandbox evaluates neither groups nor conditions; Azure does.",
        "Assign the role to the principal itself, without a condition.",
    ),
    r"BadRequestFormat|The request was incorrectly formatted": (
        "The body is no role assignment.",
        "Let az or an SDK send it, or compare it with "
        "learn.microsoft.com/rest/api/authorization/role-assignments/create",
    ),
    r"RequestContentTooLarge|request content is longer than": (
        "The body is longer than any role assignment.",
        "Shorten the description.",
    ),
    r"InvalidApiVersionParameter|The api-version '[^']*' is invalid": (
        "The api-version is no date.",
        "Let az or an SDK send it; by hand: ?api-version=2022-04-01",
    ),
    r"ResourceGroupNotFound|Resource group '[^']*' could not be found": (
        "There is no such resource group.",
        "Compare the scope with the resource ids of ./keyless access --json.",
    ),
    r"The Resource '[^']*' under resource group '[^']*' was not found": (
        "The group has no such resource.",
        "Compare the scope with the resource ids of ./keyless access --json.",
    ),
}


def refused(text: Pasted) -> Explanation | None:
    """Read a refusal of an operation on role assignments or role definitions."""
    for pattern, (means, *do) in _KNOWN.items():
        if text.match(pattern):
            return Explanation("Azure Resource Manager", means, do=tuple(do))
    return None
