"""Remedies for missing rights, in words and commands."""

from collections.abc import Iterator

from local.az_commands import DEPLOY_AGAIN, built_in_guid, in_sandbox
from local.doctor.evidence import Editing, principal_type
from local.doctor.examine import Diagnosis
from local.doctor.grants import is_held
from local.doctor.recent import RecentRefusal
from local.doctor.traps.tokens import BORROWED
from local.rights import DEVELOPER, Right, grant_command
from sandbox.commands import KEYLESS
from sandbox.printable import printable
from sandbox.rbac import Action, built_in_roles, holds

_NO_ROW = "The deployment has no assignment for it."
_BY_ROW = "To grant it: add a row to {0.policy}, then run {0.apply}."
_NOT_IN_FORCE = (
    "The deployment has an assignment for it, which is not in force: it was deleted by hand, or "
    f"the sandbox runs an older snapshot: {KEYLESS} apply."
)
_BY_HAND = "The deployer grants each one by hand, as an owner does on Azure:"
_IF_INTENDED = "Only if the program should be allowed, the deployer grants it the narrowest role:"
_BY_DEPLOYMENT = f"The deployment grants it: {DEPLOY_AGAIN}; or an owner grants each one:"


def commands(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return how to grant the refused rights: by the deployment, or one by one on Azure."""
    answer, subject = diagnosis.answer, diagnosis.subject
    refused = [
        each.right
        for each in diagnosis.unmet
        if each.refused and not is_held(each.right, answer.object_id, subject.grants)
    ]
    if any(each.trap == BORROWED for each in diagnosis.findings):
        refused = []  # granting more to the identity that was borrowed would be wrong
    lines = [*_sign_in(diagnosis), *_app_role(diagnosis)]
    if refused:
        lines.append(_how(diagnosis))
        kind = principal_type(subject.principal, answer)
        granting = [grant_command(each, answer.object_id, kind) for each in refused]
        lines += in_sandbox(granting) if subject.in_sandbox else granting
    if refused and subject.grants is None:
        lines += [
            "You may not read role assignments; somebody who may can compare the ids:",
            f"az role assignment list --all --include-groups --assignee {answer.object_id} "
            f"--subscription {refused[0].scope.split('/')[2]}",
        ]
    return tuple(lines)


def grants_if_intended(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return how to grant what a program was refused lately: the narrowest role for each.

    Whether the program should have the right is not known here, unlike that of a deployed right.
    """
    subject, answer = diagnosis.subject, diagnosis.answer
    if subject.principal is None or any(each.trap == BORROWED for each in diagnosis.findings):
        return ()
    object_id = subject.principal.principal_id
    kind = principal_type(subject.principal, answer)
    granting = [grant_command(each, object_id, kind) for each in _lately_refused(diagnosis)]
    return (_IF_INTENDED, *in_sandbox(granting)) if granting else ()


def refused_beside(diagnosis: Diagnosis) -> tuple[RecentRefusal, ...]:
    """Return the recent refusals other than those of the rights that the examination misses."""
    shown = {
        (each.right.scope, action) for each in diagnosis.unmet for action in each.right.actions
    }
    return tuple(
        each for each in diagnosis.subject.recent if (each.scope, each.action) not in shown
    )


def _lately_refused(diagnosis: Diagnosis) -> Iterator[Right]:
    """Yield each missing right once; none that an assignment not evaluated here may give."""
    found = (
        Right(each.roles[0], printable(each.scope), (), (), built_in_guid(each.roles[0]))
        for each in refused_beside(diagnosis)
        if each.roles and not each.reason and _is_on_data(each.action)
    )
    yield from dict.fromkeys(found)


def _is_on_data(action: str) -> bool:
    return any(holds(role, Action(action, data=True)) for role in built_in_roles())


def _how(diagnosis: Diagnosis) -> str:
    """Return the way to grant it; a finding already says why the snapshot's grant has no effect."""
    if not diagnosis.subject.in_sandbox:
        return _BY_DEPLOYMENT
    if diagnosis.findings:
        return _BY_HAND
    has_row = any(each.right in diagnosis.subject.rights for each in diagnosis.unmet)
    return f"{_NOT_IN_FORCE if has_row else _without_row(diagnosis.subject.editing)} {_BY_HAND}"


def _without_row(editing: Editing | None) -> str:
    return f"{_NO_ROW} {_BY_ROW.format(editing)}" if editing else _NO_ROW


def _sign_in(diagnosis: Diagnosis) -> tuple[str, ...]:
    if diagnosis.answer.by or diagnosis.subject.name != DEVELOPER:
        return ()
    if not diagnosis.subject.in_sandbox:
        return ("az login",)
    shoes = f'eval "$({KEYLESS} env developer --stand-in)"'
    return (f"{shoes}, then az login --use-device-code; see docs/developer-sign-in.md",)


def _app_role(diagnosis: Diagnosis) -> tuple[str, ...]:
    role = diagnosis.app_role
    if role is None or role.in_token or role.assigned:
        return ()
    lacks = f"The app role {role.name} is not assigned to {diagnosis.subject.name}"
    return (f"{lacks}: {_holding(diagnosis)}",)


def _holding(diagnosis: Diagnosis) -> str:
    """Return how to assign an app role; a recreated identity is in the file already."""
    subject = diagnosis.subject
    if not subject.in_sandbox:
        return "infra/entra/register.py holders"
    former = subject.principal.former_ids if subject.principal else ()
    if former:
        return f"{KEYLESS} deploy"
    return f"add it to infra/entra/catalog.json, then run {KEYLESS} apply"
