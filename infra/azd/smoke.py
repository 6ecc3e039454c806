"""The step after deploying: one photo through the public address, until it is processed.

Then the workers that its event wakes: nobody calls them, so their logs tell whether they are ready.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from infra.azd import apps, diagnosis, photo, rules
from infra.azd.programs import Stop, value_of

_PROVISION = "run azd up first."
_PAUSE = 5.0
_PAUSE_OF_LOOKS = 15.0  # the Azure CLI takes seconds for each of several questions

Found = TypeVar("Found")


@dataclass(frozen=True)
class Clock:
    """Time as it passes, or as a test says."""

    now: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


def send_photo(minutes: float = 15, clock: Clock = Clock()) -> None:
    """Send one photo, and wait until it is processed and its event is heard.

    Raises Stop, which says what is missing. A role takes up to ten minutes to have effect, so that
    is how long nothing need be wrong.
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
    _hear_listeners(end, clock, group)


def _hear_listeners(end: float, clock: Clock, group: str) -> None:
    """Wait for each worker that the photo's event wakes: nothing above has shown that it runs."""
    listeners = [each for each in apps.listed(group) if each.only_listens]
    for each in listeners:
        print(f"  waiting for {each.name}, which the photo's event wakes")

    def heard() -> Sequence[apps.Seen] | None:
        seen = [apps.look_at(each, group) for each in listeners]
        return None if _keeps(diagnosis.explain(seen, group)) else seen

    seen = _until(end, clock, heard, _PAUSE_OF_LOOKS)
    if seen is None:
        raise Stop(_why("the photo was processed, and its event was not heard by all", group))
    for one in seen:
        _tell(one, group)


def _tell(seen: apps.Seen, group: str) -> None:
    findings = diagnosis.explain([seen], group)
    for each in findings:
        print(f"  {each.sentence} {each.command}")
    if not findings:
        print(f"  {seen.app.name} is ready")
    # It may run because it is new, and never wake again.
    if failed := apps.scaler_failed(seen.app, group):
        print(f"  {diagnosis.scaler_note(seen.app.name, seen.app.works_off, failed)}")


def _read_readiness(end: float, clock: Clock, group: str) -> None:
    """Wait for what can be told from outside: each app that runs has proved its rights."""

    def seen_ready() -> Sequence[apps.Seen] | None:
        seen = _look(group)
        return None if _keeps(diagnosis.explain(seen, group, photo_waits=False)) else seen

    seen = _until(end, clock, seen_ready, _PAUSE_OF_LOOKS)
    if seen is None:
        raise Stop(_why("not every app got ready", group, photo_waits=False))
    asleep = ", ".join(diagnosis.sleepers(seen))
    later = f"; {asleep} will when there is something to do" if asleep else ""
    print(f"  every app that runs has proved its rights{later}")
    for each in diagnosis.explain(seen, group, photo_waits=False):
        print(f"  but {each.sentence} {each.command}")


def _keeps(findings: Sequence[diagnosis.Finding]) -> bool:
    """Say whether more is missing than the operator's key, for which no deployment can wait."""
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
        raise Stop(f"No app of azd's is in {group}: run azd up again.")
    return [apps.look_at(each, group) for each in found]


def _why(what: str, group: str, *, photo_waits: bool = True) -> str:
    namespace = value_of("SERVICEBUS_FULLY_QUALIFIED_NAMESPACE", _PROVISION).partition(".")[0]
    found = diagnosis.explain(_look(group), group, photo_waits=photo_waits)
    findings = [*found, *_no_rules(group, namespace)]
    if not _keeps(findings):
        show = f"az servicebus queue list --resource-group {group} --namespace-name {namespace}"
        findings.append(diagnosis.Finding("Every app is ready: look for dead letters.", show))
    lines = "".join(f"\n  {each.sentence}\n    {each.command}" for each in findings)
    return f"In time, {what}:{lines}"


def _no_rules(group: str, namespace: str) -> Sequence[diagnosis.Finding]:
    try:
        return diagnosis.explain_rules(rules.listed(group, namespace))
    except Stop as stop:
        print(f"  the rules of the subscriptions could not be read: {stop}")
        return ()
