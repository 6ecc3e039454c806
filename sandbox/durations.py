"""Durations as people write them: 90s, 6m, 24h."""

import re

UNITS = {"h": 3600, "m": 60, "s": 1}
_WRITTEN = re.compile(r"([0-9]{1,9})([hms])", re.ASCII)


class DurationError(ValueError):
    """A text that is no duration, or one that is out of bounds; the message is a sentence."""


def parse_duration(written: str, *, least: int = 0, most: int | None = None) -> int:
    """Return the seconds in a duration such as 90s, 6m or 24h.

    `least` and `most` are in seconds. Raises DurationError.
    """
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise DurationError(
            f"{written[:40]!r} is no duration: write a whole number and a unit, such as 90s, 6m"
            " or 24h"
        )
    seconds = int(found[1]) * UNITS[found[2]]
    if seconds < least:
        raise DurationError(f"{written} is too short: the least is {in_words(least)}")
    if most is not None and seconds > most:
        raise DurationError(f"{written} is too long: the most is {in_words(most)}")
    return seconds


def in_words(seconds: int) -> str:
    """Return `seconds` in the largest unit of which they are a whole number: 360 as 6m."""
    for name, size in UNITS.items():
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{name}"
    return "0s"
