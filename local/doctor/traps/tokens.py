"""Traps of getting a token, and of whose token it is, recognized from the credentials' errors."""

from collections.abc import Iterator

from local.doctor.evidence import Evidence, Finding
from sandbox.deployment import PrincipalKind

_MANAGED = "ManagedIdentityCredential"
_OF_THE_ENDPOINT = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")


def endpoint_absent(evidence: Evidence) -> Iterator[Finding]:
    """Find a managed identity request without an endpoint or its header."""
    asked = any(each.credential == _MANAGED for each in evidence.answer.others)
    absent = [each for each in _OF_THE_ENDPOINT if not evidence.subject.variables.get(each)]
    if asked and absent and not evidence.answer.by:
        yield Finding(
            "IDENTITY_ENDPOINT absent",
            f"{absent[0]} is not set, so no managed identity is available: none is attached to the "
            "app, or this does not run on Azure.",
            (
                "On Azure: attach an identity and restart; its variables are set at start.",
                "On a laptop: az login, and AZURE_TOKEN_CREDENTIALS=dev.",
                f'In the sandbox: eval "$(./keyless env {evidence.subject.name})"',
            ),
        )


BORROWED = "borrowed identity"


def borrowed(evidence: Evidence) -> Iterator[Finding]:
    """Find a token that belongs to another identity of the same deployment."""
    principal, answer = evidence.subject.principal, evidence.answer
    if principal is None or answer.object_id in {"", principal.principal_id}:
        return
    other = evidence.subject.known.get(answer.object_id, "")
    if not other or answer.object_id in principal.former_ids:
        return
    who = evidence.subject.name
    yield Finding(
        BORROWED,
        f"{who} acts as {other}: it has {other}'s rights instead of its own, and the audit "
        f"records it as {other}, so the two cannot be told apart.",
        _own_identity(who, is_user=principal.kind is PrincipalKind.USER),
    )


def _own_identity(who: str, *, is_user: bool) -> tuple[str, ...]:
    if is_user:
        return (f"Sign in as the {who}: ./keyless sign-in --approve --as {who}",)
    return (
        f"Give it its own identity, and {who}'s rights to no other: identityId of its module "
        "in infra/bicep/modules/application.bicep; then infra/bicep/snapshot, ./keyless down, "
        "./keyless up.",
    )


def other_tenant(evidence: Evidence) -> Iterator[Finding]:
    """Find a token from a tenant that the deployment does not accept."""
    meant, found = evidence.subject.tenant.lower(), evidence.answer.tenant.lower()
    if meant and found and meant != found:
        yield Finding(
            "another tenant",
            f"{evidence.answer.name} is signed in to the tenant {found}, but the environment is in "
            f"{meant}: its services accept only tokens of their own tenant.",
            (f"az login --tenant {meant}",),
        )
