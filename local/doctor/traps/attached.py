"""Traps of an app's identities: which are attached, and which one the request named."""

from collections.abc import Iterator

from local.doctor.error_texts.identity import NO_TOKEN, SEVERAL, UNKNOWN, UNLOADED
from local.doctor.evidence import Evidence, Finding
from sandbox.deployment import Attachment, Lifecycle, Principal, PrincipalKind

_FOR_CODE = frozenset({Lifecycle.MAIN, Lifecycle.ALL})
_SET_BY = "infra/bicep/modules/application.bicep"
_TO_CODE = "In its app's identitySettings (infra/bicep/modules/app.bicep) make its lifecycle Main."


def client_id_missing(evidence: Evidence) -> Iterator[Finding]:
    """Find a request that named no identity where one was available."""
    usable = _user_assigned(evidence)
    if _kept_from_code(evidence):
        return
    if _unnamed(evidence) and len(usable) < 2 and SEVERAL not in evidence.answer.said:
        which = usable[0].client_id if usable else "<client id>"
        yield Finding(
            "client id missing",
            f"AZURE_CLIENT_ID is not set, and {evidence.subject.name} has no system-assigned "
            "identity: Container Apps does not guess a user-assigned one, even the only one.",
            (f"Set AZURE_CLIENT_ID={which} ({_SET_BY} sets it), and restart.",),
        )


def kept_from_code(evidence: Evidence) -> Iterator[Finding]:
    """Find a request without an identity whose app withholds its own from code."""
    kept = _kept_from_code(evidence)
    if kept and _unnamed(evidence):
        yield Finding(
            "kept from code",
            f"{evidence.subject.name} has a system-assigned identity, but its lifecycle "
            f"{kept[0].lifecycle} withholds it from code.",
            (_TO_CODE,),
        )


def none_named(evidence: Evidence) -> Iterator[Finding]:
    """Find a request that named no identity where several were available."""
    usable = _user_assigned(evidence)
    if _unnamed(evidence) and (len(usable) > 1 or SEVERAL in evidence.answer.said):
        names = ", ".join(f"{each.name} ({each.client_id})" for each in usable) or "several"
        yield Finding(
            "two identities and none named",
            f"{evidence.subject.name} has more than one identity and AZURE_CLIENT_ID names none of "
            f"them: {names}.",
            ("Set AZURE_CLIENT_ID to the client id of the right one, and restart.",),
        )


def unknown_client_id(evidence: Evidence) -> Iterator[Finding]:
    """Find a request for an identity that is not available to code."""
    named = evidence.subject.variables.get("AZURE_CLIENT_ID", "")
    usable = _user_assigned(evidence)
    if named and _refused_by_id(evidence, named):
        meant = f"AZURE_CLIENT_ID={usable[0].client_id}" if len(usable) == 1 else "another id"
        attached = any(each.identity.client_id == named for each in _attached(evidence))
        otherwise = "" if attached else ", or attach the right identity"
        yield Finding(
            "unknown client id",
            f"AZURE_CLIENT_ID={named} is {_what(evidence, named)}.",
            (_TO_CODE if attached and not usable else f"Set {meant}{otherwise}; then restart.",),
        )


def _refused_by_id(evidence: Evidence, named: str) -> bool:
    """Return whether the id was refused; for Azure's ambiguous 500, by the app's identities."""
    said = evidence.answer.said
    known = {each.client_id for each in _for_code(evidence)}
    return UNKNOWN in said or bool(NO_TOKEN in said and _attached(evidence) and named not in known)


def _what(evidence: Evidence, named: str) -> str:
    for each in _attached(evidence):
        if each.identity.principal_id == named:
            return f"{each.identity.name}'s principal id; a token request takes the client id"
        if each.identity.client_id == named:
            return (
                f"{each.identity.name}'s, whose lifecycle {each.lifecycle} withholds it from code"
            )
    return (
        f"the client id of none of {evidence.subject.name}'s identities: a wrong id, or a deleted "
        "identity's"
    )


def _unnamed(evidence: Evidence) -> bool:
    said = evidence.answer.said
    named = evidence.subject.variables.get("AZURE_CLIENT_ID")
    return not named and (UNLOADED in said or SEVERAL in said)


def _user_assigned(evidence: Evidence) -> list[Principal]:
    return [each for each in _for_code(evidence) if each.kind is PrincipalKind.USER_ASSIGNED]


def _for_code(evidence: Evidence) -> list[Principal]:
    attached = _attached(evidence)
    return [each.identity for each in attached if each.lifecycle in _FOR_CODE]


def _kept_from_code(evidence: Evidence) -> list[Attachment]:
    return [
        each
        for each in _attached(evidence)
        if each.lifecycle not in _FOR_CODE and each.identity.kind is PrincipalKind.SYSTEM_ASSIGNED
    ]


def _attached(evidence: Evidence) -> tuple[Attachment, ...]:
    app = evidence.subject.app
    return app.attachments if app else ()
