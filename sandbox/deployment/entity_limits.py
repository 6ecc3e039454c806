"""The limits of an entity's settings, and Azure's words for a value beyond them.

The texts are those of Azure's recorded answers: Azure/azure-sdk-for-python,
sdk/servicebus/azure-servicebus/tests/mgmt_tests/recordings.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import isodate

from sandbox.deployment.snapshot import known

MORE = "To know more visit https://aka.ms/sbResourceMgrExceptions."
_LONGEST_LOCK = timedelta(minutes=5)
_WINDOW = (timedelta(seconds=20), timedelta(days=7))
_TO_LIVE = (timedelta(seconds=1), timedelta.max)


class EntityLimitError(ValueError):
    """A setting that Azure refuses; the message is Azure's."""


def check_limits(properties: Mapping[str, Any]) -> None:
    """Raise EntityLimitError for a setting of an entity that Azure refuses."""
    for refusal in _refusals(properties):
        raise EntityLimitError(refusal)


def parse_iso_duration(written: str) -> timedelta:
    """Return an ISO 8601 duration. Raises ValueError for another text, or a month or a year."""
    try:
        found = isodate.parse_duration(written)
    except (isodate.ISO8601Error, OverflowError) as error:
        raise ValueError(f"{written!r} is not a duration") from error
    if isinstance(found, timedelta):
        return found
    raise ValueError(f"{written!r} has months or years: write days, hours, minutes and seconds")


def _refusals(properties: Mapping[str, Any]) -> Iterator[str]:
    lock = _duration(properties, "lockDuration")
    if lock is not None and lock > _LONGEST_LOCK:
        what = f"The supplied lock time exceeds the allowed maximum of '5' minutes. {MORE} "
        yield what + _parameter("LockDuration", lock)
    # Azure refuses zero and takes a second: Azure/azure-sdk-for-node issue 1747. The text is ours.
    if lock is not None and lock <= timedelta():
        yield f"The supplied lock time must be positive. {MORE} {_parameter('LockDuration', lock)}"
    yield from _outside(properties, "duplicateDetectionHistoryTimeWindow", *_WINDOW)
    # The least value: Azure/azure-cli issue 15142. The text follows that of the window.
    yield from _outside(properties, "defaultMessageTimeToLive", *_TO_LIVE)
    if known(properties, "maxDeliveryCount", 1) < 1:
        yield f"The value for the MaxDeliveryCount property must be positive. {MORE} "


def _outside(
    properties: Mapping[str, Any], name: str, least: timedelta, most: timedelta
) -> Iterator[str]:
    value = _duration(properties, name)
    if value is not None and not least <= value <= most:
        longest = "10675199.02:48:05.4775807" if most == timedelta.max else _clock(most)
        what = f"The value supplied must be between {_clock(least)} and {longest}."
        yield what + _parameter(name[0].upper() + name[1:], value)


def _duration(properties: Mapping[str, Any], name: str) -> timedelta | None:
    written = known(properties, name)
    return parse_iso_duration(written) if written else None


def _parameter(name: str, duration: timedelta) -> str:
    return f"\r\nParameter name: {name}\r\nActual value was {_clock(duration)}."


def _clock(duration: timedelta) -> str:
    """Return a duration as .NET writes it: a sign, days, hours, minutes and seconds."""
    if duration < timedelta():
        return f"-{_clock(-duration)}"
    minutes, seconds = divmod(duration.seconds, 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return f"{duration.days}.{clock}" if duration.days else clock
