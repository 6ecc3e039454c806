"""Why a photo is not processed: a sentence for each app that keeps it, and a command."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.azd.apps import Seen
from infra.azd.logs import Right


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the command that shows more or mends it."""

    sentence: str
    command: str


def explain(seen: Iterable[Seen], group: str, *, photo_waits: bool = True) -> Sequence[Finding]:
    """What keeps the photo; empty where every app is as it should be.

    Where none waits, a worker may sleep.
    """
    return [finding for each in seen if (finding := _explain(each, group, photo_waits))]


def sleepers(seen: Iterable[Seen]) -> Sequence[str]:
    """The workers of which nothing can be told, since they have no replica."""
    return [each.app.name for each in seen if _may_sleep(each)]


def _may_sleep(seen: Seen) -> bool:
    return not seen.replicas and bool(seen.app.works_off)


def _explain(seen: Seen, group: str, photo_waits: bool) -> Finding | None:
    app = seen.app
    logs = f"az containerapp logs show --name {app.name} --resource-group {group}"
    if app.is_placeholder:
        return Finding(f"{app.name} runs the placeholder: it has no image yet.", "azd up")
    if seen.failure:
        return Finding(f"{app.revision} does not run: {seen.failure}.", f"{logs} --type system")
    if seen.missing:
        return Finding(_lacks(app.revision, seen.missing), _granted(app.principal))
    if _may_sleep(seen):
        sleeps = Finding(_sleeps(app.revision, app.works_off), f"{logs} --type system")
        return sleeps if photo_waits else None
    if not seen.ready:
        sentence = f"{app.revision} is not ready, and its log names no right that is missing."
        return Finding(sentence, f"{logs} --tail 100")
    return None


def _lacks(revision: str, missing: Sequence[Right]) -> str:
    rights = ", ".join(f"{each.operation} on {each.scope}" for each in missing)
    return (
        f"{revision} is not ready, it may not: {rights}. A role takes up to ten minutes to have "
        "effect; one that is still missing then has no row in access.bicep, or was taken away."
    )


def _granted(principal: str) -> str:
    return f"az role assignment list --all --assignee {principal} --output table"


def _sleeps(revision: str, works_off: str) -> str:
    return (
        f"{revision} has no replica: if messages wait in {works_off}, the platform's identity may "
        "not count them (scalerRole)."
    )
