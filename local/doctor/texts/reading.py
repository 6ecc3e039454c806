"""What an error text says, once it is read."""

import html
import re
import shlex
from dataclasses import dataclass

from local.granting import as_bicep_writes, built_in, named
from sandbox.rbac import Denied, Policy, Requirement

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_BUILT_IN = Policy(())
# JSON, a log line or a repr has put ends of line and marks into letters, maybe more than once.
_ESCAPE = re.compile(r"(?<!\\)\\+(?:u(?P<code>[0-9A-Fa-f]{4})|(?P<space>[rnt])|(?P<mark>[\"'/]))")
# What chats and word processors make of straight marks.
_STRAIGHT = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


@dataclass(frozen=True)
class Pasted:
    """An error's text as somebody pasted it, on one line.

    It is searched without its white space: terminals break lines where they like, and what is
    copied out of them has lost spaces, or has more.
    """

    line: str
    squeezed: str

    @classmethod
    def of(cls, text: str) -> "Pasted":
        """`text` without what other programs did to it on its way."""
        plain = _whole(html.unescape(_ESCAPE.sub(_unescaped, text))).translate(_STRAIGHT)
        return cls(" ".join(plain.split()), _squeezed(plain))

    def __contains__(self, words: str) -> bool:
        return _squeezed(words) in self.squeezed

    def match(self, pattern: str) -> re.Match[str] | None:
        """Where `pattern` is; what its groups find has no white space either, as no id has."""
        return re.search(_squeezed(pattern), self.squeezed)

    def found(self, pattern: str) -> str:
        """What the first group of `pattern` finds, or nothing."""
        match = self.match(pattern)
        return match[1] if match else ""

    def phrase(self, pattern: str) -> str:
        """The same for a group that finds words, with the spaces between them."""
        match = re.search(pattern, self.line)
        return match[1] if match else ""


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


# Where the text does not tell who asked, the command cannot name what it makes.
BETTER_BY_DEPLOYMENT = (
    "If access.bicep has a row for it, deploy again instead: azd provision --no-state. What is "
    "granted by hand under another name makes the next deployment fail (RoleAssignmentExists)."
)


def roles_with(action: str, *, data: bool = True) -> tuple[str, ...]:
    """Azure's own roles that hold `action`, the narrowest first."""
    decision = _BUILT_IN.decide("", Requirement.of("", action, data=data))
    return decision.roles_that_would if isinstance(decision, Denied) else ()


def grant(principal: str, client: str, role: str, scope: str) -> str:
    """Return the command that grants `role`, by the name that a deployment would give it.

    A user is known by the Azure CLI that they asked through, or by their name in its place.
    """
    kind = "User" if client == _AZURE_CLI or "@" in client else "ServicePrincipal"
    scope = as_bicep_writes(scope)
    return (
        f"az role assignment create --assignee-object-id {shlex.quote(principal or '<object id>')} "
        f'--assignee-principal-type {kind} --role "{role}" --scope {shlex.quote(scope)}'
        f"{named(built_in(role), scope, principal)}"
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _whole(text: str) -> str:
    """`text` with each letter that JSON wrote as two surrogates; one without the other is lost."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(escape: re.Match[str]) -> str:
    if code := escape["code"]:
        return chr(int(code, 16))
    return escape["mark"] or " "
