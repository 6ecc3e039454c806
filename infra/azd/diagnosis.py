"""Diagnosis of a photo that is not processed: a sentence and a command for each blocking app."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.azd.apps import Seen
from infra.azd.events import Event
from infra.azd.logs import Right
from infra.azd.rules import Subscription

_NO_BUILD = (
    "it has no image yet. If the build failed with TasksOperationsNotAllowed, docs/deploy.md says "
    "how to build without the registry; if a base image failed with 429, retry later"
)


@dataclass(frozen=True)
class Finding:
    """A problem, and the command that shows details or fixes it.

    `of_operator` means that the deployment is correct and only the signing key is missing.
    """

    sentence: str
    command: str
    of_operator: bool = False


def explain(seen: Iterable[Seen], group: str, *, photo_waits: bool = True) -> Sequence[Finding]:
    """Return the reasons why the photo is blocked; empty if every app is ready.

    If no photo waits, a worker may be scaled to zero.
    """
    return [finding for each in seen if (finding := _explain(each, group, photo_waits))]


def explain_rules(found: Iterable[Subscription]) -> Sequence[Finding]:
    """Return a finding for each subscription without rules, which gets no message."""
    return [
        Finding(
            f"Subscription {each.name} of topic {each.topic} has no rule, so it gets no message.",
            "azd provision --no-state",
        )
        for each in found
        if not each.rules
    ]


def scaler_note(name: str, works_off: str, failed: Event) -> str:
    """Return the meaning of a scaler failure, and the fix."""
    role = (
        "It has a right on the subscription: if it still fails ten minutes after the deployment, "
        "azd env set SCALER_SCOPE topic, then azd provision, grants it on the whole topic"
        if works_off.startswith("subscription")
        else "If it still fails ten minutes after the deployment, check the scaler's role"
    )
    return (
        f"The scaler of {name} could not count the messages of {works_off} "
        f"(KEDAScalerFailed, {failed.at}): {failed.message.strip().rstrip('.')}. {role} "
        "(docs/deploy.md)."
    )


def sleepers(seen: Iterable[Seen]) -> Sequence[str]:
    """Return the workers without a replica, whose state is unknown."""
    return [each.app.name for each in seen if _may_sleep(each)]


def _may_sleep(seen: Seen) -> bool:
    return not seen.replicas and bool(seen.app.works_off)


def _explain(seen: Seen, group: str, photo_waits: bool) -> Finding | None:
    logs = f"az containerapp logs show --name {seen.app.name} --resource-group {group}"
    if found := _wrong(seen, logs):
        return found
    if _may_sleep(seen):
        return Finding(_sleeps(seen), f"{logs} --type system") if photo_waits else None
    if not seen.ready:
        states = seen.revision.states if seen.revision else "no state"
        name = seen.app.revision
        sentence = f"{name} is not ready ({states}), and its log names no missing right."
        return Finding(sentence, f"{logs} --tail 100")
    return None


def _wrong(seen: Seen, logs: str) -> Finding | None:
    app = seen.app
    if app.is_placeholder:
        return Finding(f"{app.name} runs the placeholder: {_NO_BUILD}.", "azd up")
    if seen.missing and all(each.waits_for_a_key for each in seen.missing):
        return _waits_for_key(app.revision)
    if seen.failure:
        sentence = f"{app.revision} does not run: {seen.failure}.{_waits_for(seen.missing)}"
        return Finding(sentence, f"{logs} --type system")
    if seen.missing:
        return Finding(_lacks(app.revision, seen.missing), _granted(app.principal))
    return None


def _waits_for_key(revision: str) -> Finding:
    sentence = f"{revision} waits for the signing key, which the operator has not set."
    return Finding(sentence, "docs/deploy.md, Set the signing key", of_operator=True)


def _waits_for(missing: Sequence[Right]) -> str:
    return f" It waits for: {_named(missing)}." if missing else ""


def _lacks(revision: str, missing: Sequence[Right]) -> str:
    return (
        f"{revision} is not ready, it may not: {_named(missing)}. A role takes up to ten minutes "
        "to take effect; one that is still missing then has no row in access.bicep, or was removed."
    )


def _named(missing: Sequence[Right]) -> str:
    return ", ".join(f"{each.operation} on {each.scope}" for each in missing)


def _granted(principal: str) -> str:
    return f"az role assignment list --all --assignee {principal} --output table"


def _sleeps(seen: Seen) -> str:
    works_off = seen.app.works_off
    if seen.scaler:
        note = scaler_note(seen.app.name, works_off, seen.scaler)
        return f"{seen.app.revision} has no replica. {note}"
    return (
        f"{seen.app.revision} has no replica: if messages wait in {works_off}, the platform's "
        "identity may not count them (scalerRole)."
    )
