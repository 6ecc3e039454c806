"""The fields in the body of a request to `$management`. All functions raise MalformedError."""

from collections.abc import Mapping
from uuid import UUID

from sandbox.servicebus.amqp.decode import MalformedError

Fields = Mapping[str, object]


def number(fields: Fields, name: str) -> int:
    """Return a number."""
    value = fields.get(name)
    if not isinstance(value, int):
        raise MalformedError(f"{name} is not a number")
    return value


def text(fields: Fields, name: str) -> str | None:
    """Return a text, None for one that is missing or empty."""
    value = fields.get(name)
    return str(value) if value else None


def sequence_numbers(fields: Fields) -> list[int]:
    """Return the sequence numbers that a request is about."""
    given = fields.get("sequence-numbers")
    if not isinstance(given, list) or not all(isinstance(each, int) for each in given):
        raise MalformedError("sequence-numbers is not an array of numbers")
    return given


def lock_tokens(fields: Fields) -> list[str]:
    """Return the lock tokens, each once."""
    given = fields.get("lock-tokens")
    if not isinstance(given, list) or not all(isinstance(each, UUID) for each in given):
        raise MalformedError("lock-tokens is not an array of UUIDs")
    return list(dict.fromkeys(each.bytes_le.decode("latin-1") for each in given))


def messages(fields: Fields) -> list[bytes]:
    """Return the messages of a request to schedule them."""
    given = fields.get("messages")
    if not isinstance(given, list):
        raise MalformedError("messages is not a list")
    contents = [each.get("message") if isinstance(each, dict) else None for each in given]
    found = [each for each in contents if isinstance(each, bytes)]
    if not found or len(found) < len(contents):
        raise MalformedError("messages is not a list of maps with a binary message")
    return found


def properties(fields: Fields) -> Mapping[str, object]:
    """Return the application properties that a settlement changes."""
    changes = fields.get("properties-to-modify") or {}
    if not isinstance(changes, dict):
        raise MalformedError("properties-to-modify is not a map")
    return {str(key): each for key, each in changes.items()}
