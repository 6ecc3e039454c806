"""Times and durations as Azure writes them."""

import re
from datetime import UTC, datetime, timedelta

import isodate

_GO = re.compile(r"(?P<day>[\d-]{10}) (?P<time>[\d:.]+) \+0000 UTC")


def moment(text: object) -> datetime | None:
    """Parse a time; return None if it is not one.

    System logs have two forms, `2023-10-06T22:14:01Z` and `2023-10-06 21:41:33 +0000 UTC`:
    articles/container-apps/log-streaming.md in MicrosoftDocs/azure-docs.
    """
    written = str(text or "")
    if found := _GO.fullmatch(written):
        written = f"{found['day']}T{found['time']}Z"
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def seconds(text: object) -> int | None:
    """Parse a duration such as PT1M10.5S into seconds; return None if it is not one."""
    try:
        length: timedelta = isodate.parse_duration(str(text))
        return round(length.total_seconds())
    except (ValueError, AttributeError, OverflowError):
        return None


def between(first: datetime | None, last: datetime | None) -> int | None:
    """Return the seconds from one time to another; None if one is unknown."""
    return None if first is None or last is None else round((last - first).total_seconds())
