"""What an error text says, once it is read."""

import re
from dataclasses import dataclass

from sandbox.rbac import Denied, Need, Policy

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_BUILT_IN = Policy(())


@dataclass(frozen=True)
class Reading:
    """Whose error it is, what it means, and what of who, what and where it names.

    `roles` hold the action, the narrowest first. `silent` says what the text does not tell, `do`
    what to do about it, commands among it.
    """

    source: str
    means: str
    do: tuple[str, ...] = ()
    principal: str = ""
    client: str = ""
    action: str = ""
    scope: str = ""
    roles: tuple[str, ...] = ()
    silent: str = ""


def roles_with(action: str, *, data: bool = True) -> tuple[str, ...]:
    """Azure's own roles that hold `action`, the narrowest first."""
    decision = _BUILT_IN.decide("", Need.of("", action, data=data))
    return decision.roles_that_would if isinstance(decision, Denied) else ()


def grant(principal: str, client: str, role: str, scope: str) -> str:
    """The command that grants `role`; a user is known by the Azure CLI that they asked through."""
    kind = "User" if client == _AZURE_CLI else "ServicePrincipal"
    return (
        f"az role assignment create --assignee-object-id {principal or '<object id>'} "
        f'--assignee-principal-type {kind} --role "{role}" --scope {scope}'
    )


def found(pattern: str, text: str) -> str:
    """What the first group of `pattern` finds, or nothing."""
    match = re.search(pattern, text)
    return match[1] if match else ""
