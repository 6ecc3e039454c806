"""The values of a plan: JSON with unknown parts that only a deployment determines."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# JSON as `json` reads it, with an Unknown at any place in it.
Value: TypeAlias = Any

_ID = re.compile(r"/(?:subscriptions|providers|tenants)/[^'\s]*", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{[a-z]+:[0-9a-f]{10}\}")


@dataclass(frozen=True)
class Unknown:
    """A value that only Azure knows.

    Two of the same `expression` are the same value: everything known in it has been worked out.
    """

    expression: str
    # The ids of the resources that Azure has to read for it.
    refers_to: frozenset[str] = frozenset()
    # Where it is one property of one resource, unchanged: which resource, and the way there from
    # its top, as in ("properties", "principalId").
    of: str = ""
    path: tuple[str, ...] = ()
    # Where it is a text that is known in part: that text, with placeholders for the rest.
    text: str = ""

    def __str__(self) -> str:
        return self.text or placeholder(self)


def placeholder(value: Unknown) -> str:
    """Stand for an unknown part within a resource id: no slash in it, and equal only for equals."""
    word = re.match(r"[a-z]*", value.expression.lower())
    digest = hashlib.sha256(value.expression.encode()).hexdigest()[:10]
    return f"{{{(word and word.group()) or 'unknown'}:{digest}}}"


def known_part(value: Unknown) -> str:
    """Return the known parts of a text, without placeholders."""
    return _PLACEHOLDER.sub("", value.text)


def has_unknown_part(identifier: str) -> bool:
    """Return whether a part of a resource id is known to Azure alone."""
    return _PLACEHOLDER.search(identifier) is not None


def unknowns(value: Value) -> Iterator[Unknown]:
    """Find every unknown value within one, itself included."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from unknowns(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from unknowns(each)


def ids_written(value: Value) -> Iterator[str]:
    """Find every resource id that stands in a value as text, also as the key of an object.

    An id within a longer text, or one that an Unknown was read from, is none of these.
    """
    if isinstance(value, str | Unknown):
        if _ID.fullmatch(str(value)):
            yield str(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from ids_written(key)
            yield from ids_written(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from ids_written(each)


def same_id(one: str, other: str) -> bool:
    """Compare resource ids as Resource Manager does: without regard to case."""
    return one.rstrip("/").lower() == other.rstrip("/").lower()
