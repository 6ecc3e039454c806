"""An answer over HTTP as a row is compared with it: its headers by name, its JSON by its keys."""

from collections.abc import Iterator
from typing import Any

import requests

from tests.recorded.rows import Answer

# The transport's own, and the edge's way to keep or to end a connection.
_HOP_BY_HOP = frozenset({"connection", "keep-alive"})


def seen(answer: requests.Response, code: str) -> Answer:
    """Return the compared parts of an answer, whose JSON has `code`."""
    headers = frozenset(name.lower() for name in answer.headers) - _HOP_BY_HOP
    return Answer(answer.status_code, code, headers, frozenset(keys(json_of(answer))))


def json_of(answer: requests.Response) -> Any:
    """Return its JSON, None if it has no body."""
    return answer.json() if answer.content else None


def keys(value: Any, path: str = "") -> Iterator[str]:
    """Return the path to each key; the items of a list have one path together."""
    if isinstance(value, list):
        for each in value:
            yield from keys(each, f"{path}[]")
    if isinstance(value, dict):
        for name, each in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from keys(each, here)


def words(text: str) -> frozenset[str]:
    """Return names that stand in one text."""
    return frozenset(text.split())
