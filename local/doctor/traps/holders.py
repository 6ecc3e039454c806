"""Traps of a role that is assigned, but not to the caller or not effective yet."""

from collections.abc import Callable, Iterator

from local.az_commands import DEPLOY_AGAIN
from local.doctor.evidence import Evidence, Finding
from local.doctor.grants import Grant
from local.rights import Right, targets
from sandbox.commands import KEYLESS

_ON_ITS_WAY = (
    "Wait: a role takes up to ten minutes to take effect, at a management group hours.",
    "If it still has no effect: look for a condition or a deny assignment.",
    "Service Bus checks rights when a link attaches: restart the program that holds the link.",
)
_DEPLOY_HERE = f"{KEYLESS} deploy"
_LEFT_HERE = "The old assignments stay, for tokens of the old id. The command that deletes them:"
_IN_SANDBOX = (
    f"Wait: in the sandbox a role takes effect at once, or after the time that {KEYLESS} set"
    " --propagation was given."
)


def wrong_object_id(evidence: Evidence) -> Iterator[Finding]:
    """Find a role that is assigned to an unknown id, which Azure does not reject.

    Other principals may hold wider roles, so only assignments on this very scope are suspect.
    """
    answer, known = evidence.answer, evidence.subject.known

    def is_suspect(right: Right, grant: Grant) -> bool:
        is_here = grant.scope.lower() == right.scope.lower()
        return grant.principal_id not in known and (is_here or _is_client(evidence, grant))

    for right, grant in _instead(evidence, is_suspect):
        whose = (
            "its client id" if _is_client(evidence, grant) else "no identity of this environment"
        )
        yield Finding(
            "wrong object id",
            f"{right.role} on {right.target} is assigned to {grant.principal_id}, which is {whose};"
            f" roles are assigned to the principal (object) id, {answer.object_id}.",
            ("Assign it to that id, and delete the other assignment if nothing uses it.",),
        )


def recreated(evidence: Evidence) -> Iterator[Finding]:
    """Find roles that name a recreated identity's former id."""
    principal = evidence.subject.principal
    former = principal.former_ids if principal else ()
    found = list(_instead(evidence, lambda _, one: one.principal_id in former))
    if found:
        entities = targets(right for right, _ in found)
        in_sandbox, who = evidence.subject.in_sandbox, evidence.subject.name
        yield Finding(
            "recreated identity",
            f"{who} was deleted and recreated under the same name: its roles on "
            f"{entities} still name {found[0][1].principal_id}, but its id is now "
            f"{evidence.answer.object_id}.",
            (
                f"Deploy the roles again: {_DEPLOY_HERE if in_sandbox else DEPLOY_AGAIN}",
                *((f"{_LEFT_HERE} {KEYLESS} access {who}",) if in_sandbox else ()),
            ),
        )


def only_just_granted(evidence: Evidence) -> Iterator[Finding]:
    """Find a role that is assigned to the right id and has no effect yet."""
    found = [each for each in evidence.denied if evidence.has(each)]
    if found:
        yield Finding(
            "only just granted",
            f"{evidence.subject.name} has the role on {targets(found)}, but is still refused: the "
            "role has not taken effect yet.",
            (_IN_SANDBOX,) if evidence.subject.in_sandbox else _ON_ITS_WAY,
        )


def _instead(
    evidence: Evidence, whose: Callable[[Right, Grant], bool]
) -> Iterator[tuple[Right, Grant]]:
    """Yield each missing right with a sufficient grant of another principal, chosen by `whose`."""
    for right in (each for each in evidence.denied if not evidence.has(each)):
        for grant in evidence.subject.grants or ():
            if whose(right, grant) and grant.allows(right.actions, right.scope):
                yield right, grant
                break


def _is_client(evidence: Evidence, grant: Grant) -> bool:
    return grant.principal_id.lower() == evidence.answer.client_id.lower()
