"""The step after deploying: one photo through the public address, until it is processed."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from infra.azd import apps, diagnosis, photo
from infra.azd.programs import Stop, value_of

_PROVISION = "run azd up first."
_PAUSE = 5.0

Found = TypeVar("Found")


@dataclass(frozen=True)
class Clock:
    """Time as it passes, or as a test says."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def send_photo(minutes: float = 15, clock: Clock = Clock()) -> None:
    """Send one photo and wait until it is processed. Raises Stop, which says what is missing.

    A role takes up to ten minutes to have effect, so that is how long nothing need be wrong.
    """
    if os.environ.get("DEPLOY_APPS") == "false":
        return
    gateway = value_of("GATEWAY_URL", _PROVISION).rstrip("/")
    group = value_of("AZURE_RESOURCE_GROUP", _PROVISION)
    print(f"One photo through {gateway}")
    end = clock.now() + 60 * minutes
    try:
        sent = _until(end, clock, lambda: photo.send(gateway))
    except photo.RefusedError as refused:
        print(f"  not sent: {refused}")
        return _read_readiness(end, clock, group)
    if sent is None:
        raise Stop(_why("the gateway took no photo", group))
    print(f"  taken as {sent}; waiting for its thumbnail")
    state, reason = _until(end, clock, lambda: _fate(gateway, sent)) or ("", "")
    if state == "rejected":
        raise Stop(f"The photo was rejected, and should not have been: {reason}")
    if state != "processed":
        raise Stop(_why("the photo was taken, and not processed", group))
    print(f"  processed. The gallery: {gateway}")


def _read_readiness(end: float, clock: Clock, group: str) -> None:
    """What can be told from outside: each app that runs has proved its rights."""

    def seen_ready() -> Sequence[apps.Seen] | None:
        seen = _look(group)
        return None if diagnosis.explain(seen, group, photo_waits=False) else seen

    seen = _until(end, clock, seen_ready)
    if seen is None:
        raise Stop(_why("not every app got ready", group, photo_waits=False))
    asleep = ", ".join(diagnosis.sleepers(seen))
    later = f"; {asleep} will when there is something to do" if asleep else ""
    print(f"  every app that runs has proved its rights{later}")


def _fate(gateway: str, sent: str) -> tuple[str, str] | None:
    state, reason = photo.state_of(gateway, sent)
    return (state, reason) if state in {"processed", "rejected"} else None


def _until(end: float, clock: Clock, attempt: Callable[[], Found | None]) -> Found | None:
    while (found := attempt()) is None and clock.now() < end:
        clock.pause(_PAUSE)
    return found


def _look(group: str) -> Sequence[apps.Seen]:
    found = apps.listed(group)
    if not found:
        raise Stop(f"No app of azd's is in {group}: run azd up again.")
    return [apps.look_at(each, group) for each in found]


def _why(what: str, group: str, *, photo_waits: bool = True) -> str:
    findings = diagnosis.explain(_look(group), group, photo_waits=photo_waits)
    if not findings:
        namespace = value_of("SERVICEBUS_FULLY_QUALIFIED_NAMESPACE", _PROVISION).partition(".")[0]
        show = f"az servicebus queue list --resource-group {group} --namespace-name {namespace}"
        return f"In time, {what}, though every app is ready: look for dead letters.\n    {show}"
    lines = "".join(f"\n  {each.sentence}\n    {each.command}" for each in findings)
    return f"In time, {what}:{lines}"
