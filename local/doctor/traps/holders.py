"""Traps behind a refusal, where the role is there and is not the caller's, or not yet."""

from collections.abc import Callable, Iterator

from local.doctor.evidence import Evidence, Finding
from local.doctor.grants import Grant
from local.doctor.traps.words import targets
from local.granting import DEPLOY_AGAIN
from local.rights import Right
from sandbox.commands import KEYLESS, RESTART

_ON_ITS_WAY = (
    "Wait: a role takes up to ten minutes to arrive, and one at a management group hours.",
    "If it does not: look for a condition or a deny assignment.",
    "An open link of Service Bus is decided when it attaches: restart what holds it.",
)
_DEPLOY_HERE = f"{KEYLESS} deploy, then {RESTART}"
_IN_SANDBOX = f"The sandbox decides by the roles of its start: {RESTART}."


def wrong_object_id(evidence: Evidence) -> Iterator[Finding]:
    """The role is there, for an id that is nobody's: Azure does not mind.

    Strangers may hold wider roles, so what is on this very scope alone is suspect.
    """
    answer, known = evidence.answer, evidence.patient.known

    def is_suspect(right: Right, grant: Grant) -> bool:
        is_here = grant.scope.lower() == right.scope.lower()
        return grant.principal_id not in known and (is_here or _is_client(evidence, grant))

    for right, grant in _instead(evidence, is_suspect):
        whose = (
            "the client id" if _is_client(evidence, grant) else "no identity's of this environment"
        )
        yield Finding(
            "wrong object id",
            f"{right.role} on {right.target} is assigned to {grant.principal_id}, which is {whose};"
            f" roles are assigned to the principal (object) id, {answer.object_id}.",
            ("Assign it to that id, and delete the other assignment if it is nobody's.",),
        )


def made_anew(evidence: Evidence) -> Iterator[Finding]:
    """The roles name who the identity was before it was deleted and made again."""
    principal = evidence.patient.principal
    former = principal.former_ids if principal else ()
    found = list(_instead(evidence, lambda _, one: one.principal_id in former))
    if found:
        entities = targets(right for right, _ in found)
        deploy = _DEPLOY_HERE if evidence.patient.in_sandbox else DEPLOY_AGAIN
        yield Finding(
            "deleted and made anew",
            f"{evidence.patient.who} was deleted and made anew under its name: its roles on "
            f"{entities} still name {found[0][1].principal_id}, and it is "
            f"{evidence.answer.object_id} now.",
            (f"Deploy the roles again: {deploy}",),
        )


def only_just_granted(evidence: Evidence) -> Iterator[Finding]:
    """The role is there, for the right id, and does not count yet."""
    found = [each for each in evidence.denied if evidence.has(each)]
    if found:
        yield Finding(
            "only just granted",
            f"{evidence.patient.who} has the role on {targets(found)}, and is refused all the "
            "same: the role has not arrived yet.",
            (_IN_SANDBOX,) if evidence.patient.in_sandbox else _ON_ITS_WAY,
        )


def _instead(
    evidence: Evidence, whose: Callable[[Right, Grant], bool]
) -> Iterator[tuple[Right, Grant]]:
    """What the caller lacks, with an assignment that would do, of somebody that `whose` tells."""
    for right in (each for each in evidence.denied if not evidence.has(each)):
        for grant in evidence.patient.grants or ():
            if whose(right, grant) and grant.allows(right.actions, right.scope):
                yield right, grant
                break


def _is_client(evidence: Evidence, grant: Grant) -> bool:
    return grant.principal_id.lower() == evidence.answer.client_id.lower()
