"""format(): the composite formatting of .NET, as far as templates use it.

https://learn.microsoft.com/dotnet/standard/base-types/composite-formatting
"""

import re
from collections.abc import Mapping
from typing import Any

from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.functions.texts import text_of

_WIDEST = 1000
_ITEM = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d+))?(?::([^{}]*))?\}|[{}]")
_NUMBER = re.compile(r"([DdXxNnFf])(\d{0,3})")
_ZEROS = re.compile(r"0+")


def _formatted(pattern: str, *values: Any) -> str:
    """Fill in a pattern. Raises ValueError for an unknown format, LookupError for no value."""

    def item(match: re.Match[str]) -> str:
        if match.group() in {"{{", "}}"}:
            return match.group()[0]
        if match.group(1) is None:
            raise ValueError(f"{match.group()!r} stands alone in a pattern")
        text = _one(values[int(match.group(1))], match.group(3) or "")
        return _aligned(text, int(match.group(2) or 0))

    return _ITEM.sub(item, pattern)


def _aligned(text: str, width: int) -> str:
    if abs(width) > _WIDEST:
        raise ValueError(f"aligning to {width} characters is too much")
    return text.rjust(width) if width > 0 else text.ljust(-width)


def _one(value: Any, spec: str) -> str:
    if not spec or not isinstance(value, int | float) or isinstance(value, bool):
        return text_of(value)
    if _ZEROS.fullmatch(spec):
        return f"{int(value):0{min(len(spec), _WIDEST)}d}"
    match = _NUMBER.fullmatch(spec)
    if match is None:
        raise ValueError(f"the format {spec!r} is not known here")
    kind, digits = match.group(1), int(match.group(2) or 0)
    match kind.lower():
        case "d":
            return f"{int(value):0{digits + (value < 0)}d}"
        case "x":
            return f"{int(value):0{digits}{kind}}"
        case "n":
            return f"{value:,.{digits if match.group(2) else 2}f}"
    return f"{value:.{digits if match.group(2) else 2}f}"


FORMATS: Mapping[str, Function] = {"format": Function(_formatted, textual=True)}
