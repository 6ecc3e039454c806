"""The bodies of requests: JSON that says what it must, within Key Vault's limits.

https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
"""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.keyvault import base64url
from sandbox.keyvault.errors import invalid_property
from sandbox.keyvault.secret import NewSecret, Properties

LONGEST_VALUE = 25_600
_LONGEST_TYPE = 255
_LONGEST_TAG = 256
_MOST_TAGS = 15
# SQLite's integers and the years that Python knows end far behind this.
_LAST_SECOND = 253_402_300_799


def new_secret(content: bytes) -> NewSecret:
    """The body of a set. Raises Refusal 400."""
    body = _object(content)
    value = body.get("value")
    if not isinstance(value, str) or not _encodable(value) or len(value.encode()) > LONGEST_VALUE:
        raise invalid_property("value")
    return NewSecret(value, _properties(body))


def changes(content: bytes) -> Properties:
    """The body of an update; what it leaves unsaid stays as it is. Raises Refusal 400."""
    return _properties(_object(content))


def backup(content: bytes) -> bytes:
    """The body of a restore. Raises Refusal 400."""
    value = _object(content).get("value")
    if not isinstance(value, str):
        raise invalid_property("value")
    try:
        return base64url.decode(value)
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
    """JSON can spell half of a surrogate pair, which is no text and cannot be stored."""
    return not any("\ud800" <= each <= "\udfff" for each in value)
