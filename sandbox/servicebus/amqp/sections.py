"""Takes a message apart into its sections, byte for byte, and puts it together again.

What an application wrote (properties, application properties, body, footer) is never decoded to be
encoded anew: it leaves the broker with the bytes that it came with. Only the header, annotations
and the two dead-letter properties are the broker's own.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html#section-message-format
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, decoded, end_of, parts

_HEADER, _DELIVERY, _ANNOTATIONS, _PROPERTIES, _APPLICATION = range(0x70, 0x75)
_DATA, _FOOTER = 0x75, 0x78

EMPTY_MAP = encode.mapping(())


@dataclass(frozen=True, slots=True)
class Sections:
    """A message's sections: bare values, except `body`, which is all of it with the footer."""

    header: bytes | None = None
    annotations: bytes | None = None
    properties: bytes | None = None
    application: bytes | None = None
    body: bytes = b""


def split(message: bytes) -> Sections:
    """The sections of `message`. Raises MalformedError."""
    found: dict[int, bytes] = {}
    at, last = 0, 0
    while at < len(message):
        code = _code(message, at)
        if code < last or (code == last and code != _DATA and code != _DATA + 1):
            raise MalformedError("the sections are not in their order")
        if code >= _DATA:
            _check_body(message, at)
            return _sections(found, message[at:])
        end = end_of(message, at + 3)
        found[code] = message[at + 3 : end]
        at, last = end, code
    return _sections(found, b"")


def joined(sections: Sections) -> bytes:
    """The message of these sections."""
    pieces = (
        (_HEADER, sections.header),
        (_ANNOTATIONS, sections.annotations),
        (_PROPERTIES, sections.properties),
        (_APPLICATION, sections.application),
    )
    written = [described(code, raw) for code, raw in pieces if raw is not None]
    return b"".join([*written, sections.body])


def described(code: int, raw: bytes) -> bytes:
    """A section: `raw` under its descriptor."""
    return bytes((0x00, 0x53, code)) + raw


def value_section(raw: bytes) -> bytes:
    """A body that is one value."""
    return described(0x77, raw)


def with_entries(raw: bytes | None, entries: Mapping[bytes, bytes]) -> bytes:
    """The raw map `raw` with `entries` (raw keys and values) in place of its own of those names.

    Raises MalformedError.
    """
    old, _ = parts(raw or EMPTY_MAP)
    names = {_name(key) for key in entries}
    pairs = [old[i : i + 2] for i in range(0, len(old), 2)]
    kept = [each for pair in pairs if _name(pair[0]) not in names for each in pair]
    return encode.mapping([*kept, *(each for pair in entries.items() for each in pair)])


def without_entries(raw: bytes | None, names: Iterable[str]) -> list[bytes]:
    """The keys and values of the raw map `raw`, without those of `names`. Raises MalformedError."""
    old, _ = parts(raw or EMPTY_MAP)
    unwanted = set(names)
    pairs = [old[i : i + 2] for i in range(0, len(old), 2)]
    return [each for pair in pairs if _name(pair[0]) not in unwanted for each in pair]


def batch(message: bytes) -> list[bytes]:
    """The messages of a batch: each is a data section of its envelope. Raises MalformedError."""
    body = split(message).body
    messages, at = [], 0
    while at < len(body) and _code(body, at) == _DATA:
        content = decoded(body, at + 3)
        if not isinstance(content, bytes):
            raise MalformedError("a batch of something else than data")
        messages.append(content)
        at = end_of(body, at + 3)
    if at != len(body) and _code(body, at) != _FOOTER:
        raise MalformedError("a batch of something else than data")
    return messages


def buried(sections: Sections, entries: Mapping[str, object]) -> Sections:
    """The message with `entries` among its application properties. Raises MalformedError."""
    raw = {encode.string(key): encode.value(each) for key, each in entries.items()}
    return replace(sections, application=with_entries(sections.application, raw))


def _sections(found: Mapping[int, bytes], body: bytes) -> Sections:
    return Sections(
        header=found.get(_HEADER),
        annotations=found.get(_ANNOTATIONS),
        properties=found.get(_PROPERTIES),
        application=found.get(_APPLICATION),
        body=body,
    )


def _check_body(message: bytes, at: int) -> None:
    """Raises MalformedError unless only data, one value or sequences follow, then a footer."""
    first, last = _code(message, at), 0
    while at < len(message):
        code = _code(message, at)
        repeated = code == last and code in (_DATA, _DATA + 1)
        if last and not repeated and code != _FOOTER:
            raise MalformedError("a body of more than one kind")
        if last == _FOOTER or first > _FOOTER:
            raise MalformedError("something follows the footer")
        at, last = end_of(message, at + 3), code


def _code(message: bytes, at: int) -> int:
    if message[at : at + 2] == b"\x00\x53" and at + 2 < len(message):
        code = message[at + 2]
        if _HEADER <= code <= _FOOTER:
            return code
    raise MalformedError("no section of a message")


def _name(key: bytes) -> object:
    return decoded(key)
