"""Traps on the way to a token: each is recognised by what the credentials said."""

from collections.abc import Iterator

from local.doctor.evidence import Evidence, Finding
from local.doctor.texts.identity import SEVERAL, UNKNOWN, UNLOADED
from sandbox.deployment import Attachment, Lifecycle, Principal, PrincipalKind

_MANAGED = "ManagedIdentityCredential"


def endpoint_absent(evidence: Evidence) -> Iterator[Finding]:
    """Managed identity was asked, and nothing says where."""
    asked = any(each.credential == _MANAGED for each in evidence.answer.others)
    if asked and not evidence.answer.by and not evidence.patient.variables.get("IDENTITY_ENDPOINT"):
        yield Finding(
            "IDENTITY_ENDPOINT absent",
            "IDENTITY_ENDPOINT is not set, so there is no managed identity to be had: no identity "
            "is attached to the app, or this does not run on Azure.",
            (
                "On Azure: attach an identity and restart; its variables come at its start.",
                "On a laptop: az login, and AZURE_TOKEN_CREDENTIALS=dev.",
                f'In the sandbox: eval "$(./keyless env {evidence.patient.who})"',
            ),
        )


def client_id_missing(evidence: Evidence) -> Iterator[Finding]:
    """The request named no identity, and there is one that it could have named."""
    usable = _user_assigned(evidence)
    if _unnamed(evidence) and len(usable) < 2 and SEVERAL not in evidence.answer.said:
        which = usable[0].client_id if usable else "<client id>"
        yield Finding(
            "client id missing",
            f"AZURE_CLIENT_ID is not set, and {evidence.patient.who} has no system-assigned "
            "identity: Container Apps does not guess a user-assigned one, even if it is alone.",
            (f"Set AZURE_CLIENT_ID={which} (infra/bicep/main.bicep sets it), and restart.",),
        )


def none_named(evidence: Evidence) -> Iterator[Finding]:
    """The request named no identity, and there are two that it could have named."""
    usable = _user_assigned(evidence)
    if _unnamed(evidence) and (len(usable) > 1 or SEVERAL in evidence.answer.said):
        names = ", ".join(f"{each.name} ({each.client_id})" for each in usable) or "several"
        yield Finding(
            "two identities and none named",
            f"{evidence.patient.who} has more than one identity and AZURE_CLIENT_ID names none of "
            f"them: {names}.",
            ("Set AZURE_CLIENT_ID to the client id of the one that is meant, and restart.",),
        )


def client_id_of_none(evidence: Evidence) -> Iterator[Finding]:
    """The request named an identity that code cannot have."""
    named = evidence.patient.variables.get("AZURE_CLIENT_ID", "")
    if UNKNOWN in evidence.answer.said and named:
        usable = _user_assigned(evidence)
        meant = f"AZURE_CLIENT_ID={usable[0].client_id}" if len(usable) == 1 else "another id"
        yield Finding(
            "client id of none",
            f"AZURE_CLIENT_ID={named} is {_what(evidence, named)}.",
            (f"Set {meant}, or attach the identity that is meant; then restart.",),
        )


def _what(evidence: Evidence, named: str) -> str:
    for each in _attached(evidence):
        if each.identity.principal_id == named:
            return f"{each.identity.name}'s principal id; a token is asked for by the client id"
        if each.identity.client_id == named:
            return f"{each.identity.name}'s, whose lifecycle {each.lifecycle} keeps it from code"
    return (
        f"the client id of no identity of {evidence.patient.who}'s: a wrong one, or that of an "
        "identity that was deleted"
    )


def _unnamed(evidence: Evidence) -> bool:
    said = evidence.answer.said
    named = evidence.patient.variables.get("AZURE_CLIENT_ID")
    return not named and (UNLOADED in said or SEVERAL in said)


def _user_assigned(evidence: Evidence) -> list[Principal]:
    return [
        each.identity
        for each in _attached(evidence)
        if each.lifecycle in {Lifecycle.MAIN, Lifecycle.ALL}
        and each.identity.kind is PrincipalKind.USER_ASSIGNED
    ]


def _attached(evidence: Evidence) -> tuple[Attachment, ...]:
    app = evidence.patient.app
    return app.attachments if app else ()
