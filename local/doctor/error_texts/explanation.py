"""A pasted error text, and the explanation of it."""

import html
import re
import shlex
from dataclasses import dataclass

from local.az_commands import built_in_guid, name_option, with_bicep_casing
from sandbox.rbac import Denied, Policy, Requirement

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_BUILT_IN = Policy(())
# JSON, a log line or a repr has escaped line ends and quotes, maybe more than once.
_ESCAPE = re.compile(r"(?<!\\)\\+(?:u(?P<code>[0-9A-Fa-f]{4})|(?P<space>[rnt])|(?P<mark>[\"'/]))")
# Chats and word processors turn straight quotes into these.
_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


@dataclass(frozen=True)
class Pasted:
    """A pasted error text, on one line.

    It is searched without its white space: terminals break lines anywhere, and text copied from
    them has lost or gained spaces.
    """

    line: str
    squeezed: str

    @classmethod
    def of(cls, text: str) -> "Pasted":
        """Undo the escapes and quotes that other programs have put into `text`."""
        plain = _whole(html.unescape(_ESCAPE.sub(_unescaped, text))).translate(_STRAIGHT)
        return cls(" ".join(plain.split()), _squeezed(plain))

    def __contains__(self, words: str) -> bool:
        return _squeezed(words) in self.squeezed

    def match(self, pattern: str) -> re.Match[str] | None:
        """Return the match of `pattern`; its groups have no white space either, as no id has."""
        return re.search(_squeezed(pattern), self.squeezed)

    def found(self, pattern: str) -> str:
        """Return the first group of `pattern`; empty if it does not match."""
        match = self.match(pattern)
        return match[1] if match else ""

    def phrase(self, pattern: str) -> str:
        """Return the first group of `pattern` with the spaces between its words."""
        match = re.search(pattern, self.line)
        return match[1] if match else ""


@dataclass(frozen=True)
class Explanation:
    """An explained error: its source, its meaning, and the caller, action and scope it names.

    `roles` include the action, the narrowest first. `silent` says what the text omits; `do` is
    what to do, commands included.
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


# Without the caller, the command cannot give the assignment the deployment's name for it.
BETTER_BY_DEPLOYMENT = (
    "If access.bicep has a row for it, deploy again instead: azd provision --no-state. A grant by "
    "hand under another name makes the next deployment fail (RoleAssignmentExists)."
)


def roles_with(action: str, *, data: bool = True) -> tuple[str, ...]:
    """Return Azure's built-in roles that include `action`, the narrowest first."""
    decision = _BUILT_IN.decide("", Requirement.of("", action, data=data))
    return decision.roles_that_would if isinstance(decision, Denied) else ()


def grant_command(principal: str, client: str, role: str, scope: str) -> str:
    """Return the command that grants `role` under the name a deployment would use.

    `client` tells a user from a service: it is the Azure CLI's id or a sign-in name.
    """
    kind = "User" if client == _AZURE_CLI or "@" in client else "ServicePrincipal"
    scope = with_bicep_casing(scope)
    return (
        f"az role assignment create --assignee-object-id {shlex.quote(principal or '<object id>')} "
        f'--assignee-principal-type {kind} --role "{role}" --scope {shlex.quote(scope)}'
        f"{name_option(built_in_guid(role), scope, principal)}"
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _whole(text: str) -> str:
    """Join the surrogate pairs that JSON wrote; a lone surrogate is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(escape: re.Match[str]) -> str:
    if code := escape["code"]:
        return chr(int(code, 16))
    return escape["mark"] or " "
