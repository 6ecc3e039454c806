"""The rows of the table, and its names for the resources that every deployment has.

A row says that `who`, doing `operation` on `on`, is allowed or denied, and why. Where a service's
code does it, `code` is the file and the call that needs the right; an allowed row without code is
a right that comes along with another, which its reason states. An operation that begins with a
provider's name is an action that no plane of the sandbox carries out: the decision alone proves it.

Containers, queues, topics and secrets go by their names, a subscription as topic/subscription.
"""

from dataclasses import dataclass

ACCOUNT, VAULT, NAMESPACE = "account", "vault", "namespace"
COMPONENT, REGISTRY, GROUP = "component", "registry", "group"
# The deployment's own API; and a token of the identity itself, as code in any app would ask for it.
API, TOKEN = "API", "own token"
# A secret on which no identity has a right; the tests create it.
ANOTHER_SECRET = "another-secret"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    who: str
    operation: str
    on: str
    allowed: bool
    why: str
    code: str = ""

    @property
    def by_decision(self) -> bool:
        """Return whether no plane carries it out, so that the decision alone proves it."""
        return self.operation.startswith("Microsoft.")

    def __str__(self) -> str:
        verb = "may" if self.allowed else "may not"
        return f"{self.who} {verb} {self.operation.rsplit('/', 3)[-1]} {self.on}"


def may(who: str, operation: str, on: str, why: str, code: str = "") -> Row:
    return Row(who, operation, on, True, why, code)


def may_not(who: str, operation: str, on: str, why: str) -> Row:
    return Row(who, operation, on, False, why)
