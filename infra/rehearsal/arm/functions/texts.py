"""Functions of texts.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin

from infra.rehearsal.arm.errors import RefusedError
from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.written import shown

_STRINGS = (
    "https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string"
)
_BARE_FRACTION = re.compile(r"\s*-?\.\d+\s*")
_LONGEST_PADDING = 131_072


def text_of(value: Any) -> str:
    """string(): JSON for objects and arrays, and a word for a truth."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)} is no text")
    return value


def _json(value: str) -> Any:
    # Azure reads a number without its zero; denniszielke/resilient-cloud-apps counts on it.
    if _BARE_FRACTION.fullmatch(_text(value)):
        return float(value)
    return json.loads(value)


def _pad_left(value: Any, length: int, character: str = " ") -> str:
    if length > _LONGEST_PADDING:
        raise ValueError(f"padding to {length} characters is too much")
    return text_of(value).rjust(length, character)


def _substring(value: str, start: int, length: int | None = None) -> str:
    end = len(value) if length is None else start + length
    if not 0 <= start <= end <= len(value):
        raise RefusedError(
            f"substring() asks for characters {start} to {end} of {value[:60]!r}, which has"
            f" {len(value)}",
            f"{_STRINGS}#substring",
        )
    return value[start:end]


def _split(value: str, delimiter: str | list[str]) -> list[str]:
    parts = [_text(value)]
    for each in [delimiter] if isinstance(delimiter, str) else delimiter:
        parts = [piece for part in parts for piece in (part.split(each) if each else [part])]
    return parts


def _uri(base: str, relative: str) -> str:
    return urljoin(base, relative)


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"it is no base64 of a text: {error}") from None


def _from_data_uri(value: str) -> str:
    head, _, data = value.partition(",")
    return _decoded(data) if head.endswith(";base64") else unquote(data)


TEXTS: Mapping[str, Function] = {
    "base64": Function(lambda value: base64.b64encode(_text(value).encode()).decode()),
    "base64tojson": Function(lambda value: json.loads(_decoded(value))),
    "base64tostring": Function(_decoded),
    "datauri": Function(
        lambda value: (
            "data:text/plain;charset=utf8;base64,"
            + base64.b64encode(text_of(value).encode()).decode()
        )
    ),
    "datauritostring": Function(_from_data_uri),
    "endswith": Function(lambda value, end: _text(value).lower().endswith(_text(end).lower())),
    "json": Function(_json),
    "padleft": Function(_pad_left),
    "replace": Function(lambda value, old, new: _text(value).replace(old, new), textual=True),
    "split": Function(_split),
    "startswith": Function(
        lambda value, start: _text(value).lower().startswith(_text(start).lower())
    ),
    "string": Function(text_of),
    "substring": Function(_substring),
    "tolower": Function(lambda value: _text(value).lower(), textual=True),
    "toupper": Function(lambda value: _text(value).upper()),
    "trim": Function(lambda value: _text(value).strip(), textual=True),
    "uri": Function(_uri),
    "uricomponent": Function(lambda value: quote(_text(value), safe="")),
    "uricomponenttostring": Function(lambda value: unquote(_text(value))),
}
