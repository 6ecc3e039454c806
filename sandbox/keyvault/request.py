"""The query and the body of a request, within Key Vault's limits.

https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
"""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.keyvault.errors import bad_parameter, invalid_property
from sandbox.keyvault.secret import NewSecret, Properties
from sandbox.refusal import Refusal

_LATEST = "2026-04-01"
_VERSIONS = frozenset(
    {"2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6"}
    | {"2025-07-01", _LATEST}
)
_LONGEST_PAGE = 25
_KNOWN = frozenset({"api-version", "maxresults", "$skiptoken"})
_LONGEST_VALUE = 25_600
_LONGEST_TYPE = 255
_LONGEST_TAG = 256
_MOST_TAGS = 15
# SQLite's integers and the years that Python knows end far behind this.
_LAST_SECOND = 253_402_300_799


@dataclass(frozen=True)
class Page:
    """Up to `length` items that come behind `after`, of a request with `api_version`."""

    length: int = _LONGEST_PAGE
    after: str = ""
    api_version: str = _LATEST


def page_and_version_checked(query: str) -> Page:
    """Return the page that `query` asks for. Raises Refusal 400, also for an API not known.

    Azure's text for a missing version was reported.
    """
    given = _once_each(query)
    version = given.get("api-version", "")
    if version not in _VERSIONS:
        message = (
            f"The specified version ({version}) is not recognized. Consider using the latest "
            f"supported version ({_LATEST})."
        )
        raise bad_parameter(message, "the api-version is not recognized")
    return Page(_length(given), _cursor_read(given.get("$skiptoken", "")), version)


def cursor(after: str) -> str:
    """Return the opaque token in the link to the page behind `after`."""
    return base64url(after.encode())


def _cursor_read(token: str) -> str:
    """Return the end of the page before, by its cursor. Raises Refusal 400."""
    try:
        return _base64url_decoded(token).decode()
    except ValueError:
        raise _invalid("$skiptoken") from None


def after_number(page: Page) -> int:
    """Return the number that a page comes behind, 0 at first. Raises Refusal 400."""
    digits = page.after or "0"
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise _invalid("$skiptoken")
    return int(digits)


def _once_each(query: str) -> Mapping[str, str]:
    """Refuse a repeated parameter, of which two parsers could take different values."""
    given: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        if key.lower() in given and key.lower() in _KNOWN:
            raise _invalid(key.lower())
        given[key.lower()] = value
    return given


def _length(given: Mapping[str, str]) -> int:
    text = given.get("maxresults", str(_LONGEST_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 3 and 1 <= int(text) <= 25):
        raise _invalid("maxresults")
    return int(text)


def _invalid(parameter: str) -> Refusal:
    return bad_parameter(
        f"Parameter {parameter} has invalid value", f"the parameter {parameter} is invalid"
    )


def new_secret(content: bytes) -> NewSecret:
    """Return the secret in the body of a set. Raises Refusal 400."""
    body = _object(content)
    value = body.get("value")
    if not isinstance(value, str) or not _encodable(value) or len(value.encode()) > _LONGEST_VALUE:
        raise invalid_property("value")
    return NewSecret(value, _properties(body))


def changes(content: bytes) -> Properties:
    """Return the changes in the body of an update. Raises Refusal 400."""
    return _properties(_object(content))


def backup(content: bytes) -> bytes:
    """Return the bytes in the body of a restore. Raises Refusal 400."""
    value = _object(content).get("value")
    if not isinstance(value, str):
        raise invalid_property("value")
    try:
        return _base64url_decoded(value)
    except ValueError:
        raise invalid_property("value") from None


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise invalid_property("") from None
    if not isinstance(body, dict):
        raise invalid_property("")
    return body


def _properties(body: Mapping[str, Any]) -> Properties:
    attributes = body.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise invalid_property("attributes")
    enabled = attributes.get("enabled")
    if not isinstance(enabled, bool | None):
        raise invalid_property("enabled")
    not_before, expires = _seconds(attributes, "nbf"), _seconds(attributes, "exp")
    if not_before is not None and expires is not None and expires < not_before:
        raise invalid_property("exp")
    return Properties(_content_type(body), _tags(body), enabled, not_before, expires)


def _seconds(attributes: Mapping[str, Any], name: str) -> int | None:
    value = attributes.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_SECOND:
        raise invalid_property(name)
    return value


def _content_type(body: Mapping[str, Any]) -> str | None:
    value = body.get("contentType")
    if value is not None and not _text(value, _LONGEST_TYPE):
        raise invalid_property("contentType")
    return value


def _tags(body: Mapping[str, Any]) -> Mapping[str, str] | None:
    tags = body.get("tags")
    if tags is None:
        return None
    if not isinstance(tags, dict) or len(tags) > _MOST_TAGS:
        raise invalid_property("tags")
    if not all(_text(each, _LONGEST_TAG) for pair in tags.items() for each in pair):
        raise invalid_property("tags")
    return tags


def _text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and _encodable(value)


def _encodable(value: str) -> bool:
    """Return False for half of a surrogate pair, which JSON can spell and no file can hold."""
    return not any("\ud800" <= each <= "\udfff" for each in value)


def base64url(content: bytes) -> str:
    """Return `content` in base64 for URLs, without padding, as Key Vault writes it."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def _base64url_decoded(text: str) -> bytes:
    """Return the content of `text`, with or without padding. Raises ValueError."""
    bare = text.rstrip("=")
    return b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
