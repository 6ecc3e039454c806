"""The smoke test after a deployment: one photo through the public address, until it is processed.

Then the workers that its event wakes: their logs show whether they are ready.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from infra.azd import apps, diagnosis, photo, rules
from infra.azd.tools import Stop, value_of

_PROVISION = "run azd up first."
_PAUSE = 5.0
_PAUSE_OF_LOOKS = 15.0  # each look is several calls of the Azure CLI, of seconds each

Found = TypeVar("Found")


@dataclass(frozen=True)
class Clock:
    """The clock, which tests replace."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def send_photo(minutes: float = 15, clock: Clock = Clock()) -> None:
    """Send one photo, and wait until it is processed and its event is received.

    Raises Stop, which names the missing part. A role takes up to ten minutes to take effect, so a
    correct deployment may take that long.
    """
    if os.environ.get("DEPLOY_APPS") == "false":
        return
    gateway = value_of("GATEWAY_URL", _PROVISION).rstrip("/")
    group = value_of("AZURE_RESOURCE_GROUP", _PROVISION)
    print(f"Sending one photo through {gateway}")
    end = clock.now() + 60 * minutes
    try:
        sent = _until(end, clock, lambda: photo.send(gateway))
    except photo.RefusedError as refused:
        print(f"  not sent: {refused}")
        return _read_readiness(end, clock, group)
    if sent is None:
        raise Stop(_why("the gateway did not accept the photo", group))
    print(f"  accepted as {sent}; waiting for its thumbnail")
    state, reason = _until(end, clock, lambda: _fate(gateway, sent)) or ("", "")
    if state == "rejected":
        raise Stop(f"The valid photo was rejected: {reason}")
    if state != "processed":
        raise Stop(_why("the photo was accepted but not processed", group))
    print(f"  processed. The gallery: {gateway}")
    _hear_listeners(end, clock, group)


def _hear_listeners(end: float, clock: Clock, group: str) -> None:
    """Wait for each worker that only the photo's event wakes."""
    listeners = [each for each in apps.listed(group) if each.only_listens]
    for each in listeners:
        print(f"  waiting for {each.name}, which the photo's event wakes")

    def heard() -> Sequence[apps.Seen] | None:
        seen = [apps.look_at(each, group) for each in listeners]
        return None if _keeps(diagnosis.explain(seen, group)) else seen

    seen = _until(end, clock, heard, _PAUSE_OF_LOOKS)
    if seen is None:
        raise Stop(_why("the photo was processed, but not every worker received its event", group))
    for one in seen:
        _print_state(one, group)


def _print_state(seen: apps.Seen, group: str) -> None:
    findings = diagnosis.explain([seen], group)
    for each in findings:
        print(f"  {each.sentence} {each.command}")
    if not findings:
        print(f"  {seen.app.name} is ready")
    # It may run only because it is new, and never wake again.
    if failed := apps.scaler_failed(seen.app, group):
        print(f"  {diagnosis.scaler_note(seen.app.name, seen.app.works_off, failed)}")


def _read_readiness(end: float, clock: Clock, group: str) -> None:
    """Wait until each running app has proved its rights, the most that is visible from outside."""

    def seen_ready() -> Sequence[apps.Seen] | None:
        seen = _look(group)
        return None if _keeps(diagnosis.explain(seen, group, photo_waits=False)) else seen

    seen = _until(end, clock, seen_ready, _PAUSE_OF_LOOKS)
    if seen is None:
        raise Stop(_why("not every app became ready", group, photo_waits=False))
    asleep = ", ".join(diagnosis.sleepers(seen))
    later = f"; {asleep} will when messages arrive" if asleep else ""
    print(f"  every running app has proved its rights{later}")
    for each in diagnosis.explain(seen, group, photo_waits=False):
        print(f"  but {each.sentence} {each.command}")


def _keeps(findings: Sequence[diagnosis.Finding]) -> bool:
    """Return whether more than the operator's key is missing; no deployment waits for that key."""
    return not all(each.of_operator for each in findings)


def _fate(gateway: str, sent: str) -> tuple[str, str] | None:
    state, reason = photo.state_of(gateway, sent)
    return (state, reason) if state in {"processed", "rejected"} else None


def _until(
    end: float, clock: Clock, attempt: Callable[[], Found | None], pause: float = _PAUSE
) -> Found | None:
    while (found := attempt()) is None and clock.now() < end:
        clock.pause(pause)
    return found


def _look(group: str) -> Sequence[apps.Seen]:
    found = apps.listed(group)
    if not found:
        raise Stop(f"{group} has none of azd's apps: run azd up again.")
    return [apps.look_at(each, group) for each in found]


def _why(what: str, group: str, *, photo_waits: bool = True) -> str:
    namespace = value_of("SERVICEBUS_FULLY_QUALIFIED_NAMESPACE", _PROVISION).partition(".")[0]
    found = diagnosis.explain(_look(group), group, photo_waits=photo_waits)
    findings = [*found, *_no_rules(group, namespace)]
    if not _keeps(findings):
        show = f"az servicebus queue list --resource-group {group} --namespace-name {namespace}"
        findings.append(diagnosis.Finding("Every app is ready: check the dead letters.", show))
    lines = "".join(f"\n  {each.sentence}\n    {each.command}" for each in findings)
    return f"{what[:1].upper()}{what[1:]} in time:{lines}"


def _no_rules(group: str, namespace: str) -> Sequence[diagnosis.Finding]:
    try:
        return diagnosis.explain_rules(rules.listed(group, namespace))
    except Stop as stop:
        print(f"  the rules of the subscriptions could not be read: {stop}")
        return ()
