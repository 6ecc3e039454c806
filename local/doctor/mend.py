"""What to do about what is not met, in words and commands."""

from local.doctor.examine import Diagnosis
from local.rights import DEVELOPER, grant
from sandbox.deployment import PrincipalKind

_BY_SNAPSHOT = (
    "The snapshot grants it, and the sandbox that runs does not. It decides by the roles of its "
    "start: ./keyless down, then ./keyless up"
)
_BY_COMMAND = "On Azure an owner could grant it one by one:"
_BY_DEPLOYMENT = "The deployment grants it: azd provision; or an owner, one by one:"


def commands(diagnosis: Diagnosis) -> tuple[str, ...]:
    """How what is refused is granted: by the deployment, and each by its own command on Azure."""
    refused = [each.right for each in diagnosis.unmet if each.refused]
    lines = [*_sign_in(diagnosis), *_app_role(diagnosis)]
    if refused:
        lines.append(_how(diagnosis))
        kind = _kind(diagnosis)
        lines += [grant(each, diagnosis.answer.object_id, kind) for each in refused]
    if refused and diagnosis.patient.grants is None:
        lines += [
            "Which roles are assigned, nobody lets you read; who may compares the ids:",
            f"az role assignment list --all --assignee {diagnosis.answer.object_id}",
        ]
    return tuple(lines)


def _how(diagnosis: Diagnosis) -> str:
    """A finding has said already what keeps the snapshot's own grant from counting."""
    if not diagnosis.patient.in_sandbox:
        return _BY_DEPLOYMENT
    return _BY_COMMAND if diagnosis.findings else f"{_BY_SNAPSHOT}. {_BY_COMMAND}"


def _sign_in(diagnosis: Diagnosis) -> tuple[str, ...]:
    if diagnosis.answer.by or diagnosis.patient.who != DEVELOPER:
        return ()
    if not diagnosis.patient.in_sandbox:
        return ("az login",)
    shoes = 'eval "$(./keyless env developer --stand-in)"'
    return (f"{shoes}, then az login; see docs/developer-sign-in.md",)


def _app_role(diagnosis: Diagnosis) -> tuple[str, ...]:
    role = diagnosis.app_role
    if role is None or role.in_token or role.assigned:
        return ()
    how = "./keyless deploy" if diagnosis.patient.in_sandbox else "infra/entra/register.py holders"
    return (f"The app role {role.name} is not assigned to {diagnosis.patient.who}: {how}",)


def _kind(diagnosis: Diagnosis) -> str:
    principal = diagnosis.patient.principal
    if principal is not None:
        return "User" if principal.kind is PrincipalKind.USER else "ServicePrincipal"
    return "User" if "@" in diagnosis.answer.name else "ServicePrincipal"
