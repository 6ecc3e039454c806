"""Functions of dates.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-date
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import isodate

from infra.rehearsal.arm.function import Function

# The parts of a custom format of .NET, longest first.
_PARTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "dddd": "%A",
    "ddd": "%a",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "fff": "000",
    "ff": "00",
    "tt": "%p",
    "zzz": "+00:00",
    "K": "Z",
}
_STANDARD = {"d": "%m/%d/%Y", "D": "%A, %d %B %Y", "o": "%Y-%m-%dT%H:%M:%S.0000000Z"}
_STANDARD |= {"s": "%Y-%m-%dT%H:%M:%S", "u": "%Y-%m-%d %H:%M:%SZ", "t": "%H:%M", "T": "%H:%M:%S"}
_SHORT = {"M": "month", "d": "day", "H": "hour", "h": "hour", "m": "minute", "s": "second"}
_TOKEN = re.compile("|".join([*_PARTS, "'[^']*'", r"\\.", "[MdHhmsyftFzgK]+", "."]))
DEFAULT = "yyyyMMddTHHmmssZ"


def formatted_date(moment: datetime, pattern: str = DEFAULT) -> str:
    """Write a moment in a format of .NET. Raises ValueError for a part that is not known."""
    if len(pattern) == 1:
        if pattern not in _STANDARD:
            raise ValueError(f"the date format {pattern!r} is not known here")
        return moment.strftime(_STANDARD[pattern])
    return "".join(_part(moment, each) for each in _TOKEN.findall(pattern))


def _part(moment: datetime, part: str) -> str:
    if part in _PARTS:
        return moment.strftime(_PARTS[part])
    if part in _SHORT:
        value: int = getattr(moment, _SHORT[part])
        return str(value % 12 or 12 if part == "h" else value)
    if part[0] in "'\\":
        return part.strip("'\\")
    if part[0] in "MdHhmsyfFzg":
        raise ValueError(f"the part {part!r} of a date format is not known here")
    return part


def _read(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _add(base: str, duration: str, pattern: str = "o") -> str:
    try:
        length = isodate.parse_duration(duration)
        return formatted_date(_read(base) + length, pattern)
    except (isodate.ISO8601Error, OverflowError) as error:
        raise ValueError(str(error)) from None


def _from_epoch(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError) as error:
        raise ValueError(str(error)) from None


DATES: Mapping[str, Function] = {
    "datetimeadd": Function(_add),
    "datetimefromepoch": Function(_from_epoch),
    "datetimetoepoch": Function(lambda text: int(_read(text).timestamp())),
}
