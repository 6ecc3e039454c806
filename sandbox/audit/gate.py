"""The gate: every decision is made and recorded here, before it is answered."""

from typing import TYPE_CHECKING, Protocol

from sandbox.audit.log import Audit, Outcome, Record, now
from sandbox.printable import shortened
from sandbox.rbac import Allowed, Decision, Denied, Requirement

# Not imported at run time: commands that read the audit start faster without it.
if TYPE_CHECKING:
    from sandbox.entra import AccessToken, Caller

# The role in the record of a request that an account key authorizes.
KEYED = "account key"

# A reason holds text from the request, with which a client without any right could fill a disk.
_LONGEST = 500


class Policy(Protocol):
    """Decides on a requirement of a principal: `Assignments`, or one `Policy` of them."""

    def decide(self, principal_id: str, requirement: Requirement) -> Decision:
        """Return the assignment that meets the requirement, or the denial."""


class Gate:
    """Decides by the policy and records in the audit, always both.

    `policy` may be replaced; the next decision is by the new one.
    """

    def __init__(self, policy: Policy, audit: Audit) -> None:
        self.policy = policy
        self._audit = audit

    def admit(
        self, service: str, operation: str, caller: "Caller", *requirements: Requirement
    ) -> tuple[Allowed, ...] | Denied:
        """Return the assignments that allow `operation`, one a requirement, or the first denial.

        Raises ValueError for an operation without a requirement, and AuditError.
        """
        if not requirements:
            raise ValueError(f"{operation} requires no action, so nothing could ever deny it")
        decisions = [self.policy.decide(caller.principal_id, each) for each in requirements]
        denials = [each for each in decisions if isinstance(each, Denied)]
        if denials:
            self._audit.write(_denied(service, operation, caller, denials[0]))
            return denials[0]
        allowed = tuple(each for each in decisions if isinstance(each, Allowed))
        for each in allowed:
            self._audit.write(_allowed(service, operation, caller, each))
        return allowed

    def refuse(self, service: str, operation: str, reason: str, identity: str = "") -> None:
        """Record a request that was refused before any decision, and the reason."""
        self._audit.write(
            Record(
                now(),
                service,
                Outcome.REFUSED,
                shortened(operation, _LONGEST),
                identity=identity,
                reason=shortened(reason, _LONGEST),
            )
        )

    def by_key(
        self, service: str, operation: str, caller: "Caller", *requirements: Requirement
    ) -> None:
        """Record an operation that a key authorizes: without an identity, and by no assignment."""
        for each in requirements:
            self._audit.write(
                Record(
                    now(),
                    service,
                    Outcome.ALLOWED,
                    operation,
                    action=each.any_of[0].name,
                    scope=each.scope,
                    role=KEYED,
                    credential=caller.credential,
                )
            )

    def shown(
        self,
        service: str,
        operation: str,
        caller: "Caller",
        scope: str,
        *,
        assignment: str = "",
        why: str = "",
    ) -> None:
        """Record that `caller` was shown a resource, which requires no action of a role."""
        self._audit.write(
            Record(
                now(),
                service,
                Outcome.ALLOWED,
                operation,
                identity=caller.name,
                principal_id=caller.principal_id,
                scope=scope,
                assignment=assignment,
                why=why,
                token_id=caller.token_id,
            )
        )

    def issued(
        self,
        identity: str,
        principal_id: str,
        token: "AccessToken",
        service: str = "identity",
        *,
        why: str = "",
    ) -> None:
        """Record a token that was handed out."""
        self._audit.write(
            Record(
                now(),
                service,
                Outcome.ISSUED,
                "GetToken",
                identity=identity,
                principal_id=principal_id,
                why=why,
                token_id=token.id,
                resource=token.audience,
                role=", ".join(token.roles),
            )
        )


def _allowed(service: str, operation: str, caller: "Caller", allowed: Allowed) -> Record:
    return Record(
        now(),
        service,
        Outcome.ALLOWED,
        operation,
        identity=caller.name,
        principal_id=caller.principal_id,
        action=allowed.action.name,
        scope=allowed.requirement.scope,
        role=allowed.role.name,
        assignment=allowed.assignment.id,
        why=allowed.assignment.why,
        token_id=caller.token_id,
        credential=caller.credential,
    )


def _denied(service: str, operation: str, caller: "Caller", denied: Denied) -> Record:
    return Record(
        now(),
        service,
        Outcome.DENIED,
        operation,
        identity=caller.name,
        principal_id=caller.principal_id,
        action=denied.action.name,
        scope=denied.requirement.scope,
        missing=denied.roles_that_would,
        reason=shortened("; ".join(map(str, denied.not_evaluated)), _LONGEST),
        token_id=caller.token_id,
        credential=caller.credential,
    )
