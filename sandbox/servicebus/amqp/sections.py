"""A message split into its sections, byte for byte, and joined again.

The application's sections (properties, application properties, body, footer) are never decoded and
encoded again: they leave the broker with the bytes that they came with. The broker itself writes
only the header, annotations and the two dead-letter properties.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html#section-message-format
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, decoded, end_of, parts

_HEADER, _DELIVERY, _ANNOTATIONS, _PROPERTIES, _APPLICATION = range(0x70, 0x75)
_DATA, _FOOTER = 0x75, 0x78
_ANYWHERE = (_DELIVERY, _FOOTER)
_LISTS, _MAPS, _BINARIES = (0x45, 0xC0, 0xD0), (0xC1, 0xD1), (0xA0, 0xB0)
_CONSTRUCTORS = {
    _HEADER: _LISTS,
    _DELIVERY: _MAPS,
    _ANNOTATIONS: _MAPS,
    _PROPERTIES: _LISTS,
    _APPLICATION: _MAPS,
    _DATA: _BINARIES,
    _DATA + 1: _LISTS,
    _FOOTER: _MAPS,
}

EMPTY_MAP = encode.mapping(())


@dataclass(frozen=True, slots=True)
class Sections:
    """A message's sections: raw values, except `body`, which is whole sections with the footer."""

    header: bytes | None = None
    delivery: bytes | None = None
    annotations: bytes | None = None
    properties: bytes | None = None
    application: bytes | None = None
    body: bytes = b""


def split(message: bytes) -> Sections:
    """Return the sections of `message`. Raises MalformedError.

    Delivery annotations and the footer may stand anywhere: azure-servicebus for Python writes the
    former last, rhea writes the latter before the body.
    """
    found: dict[int, bytes] = {}
    body: list[bytes] = []
    at, last = 0, 0
    while at < len(message):
        code, end = _code(message, at), end_of(message, at + 3)
        _check_type(code, message[at + 3])
        if code in found:
            raise MalformedError("a section comes twice")
        if code not in _ANYWHERE:
            _check_order(last, code)
            last = code
        if _DATA <= code < _FOOTER:
            body.append(message[at:end])
        else:
            found[code] = message[at + 3 : end]
        at = end
    if _FOOTER in found:
        body.append(described(_FOOTER, found[_FOOTER]))
    return _sections(found, b"".join(body))


def joined(sections: Sections) -> bytes:
    """Return the message of these sections."""
    pieces = (
        (_HEADER, sections.header),
        (_DELIVERY, sections.delivery),
        (_ANNOTATIONS, sections.annotations),
        (_PROPERTIES, sections.properties),
        (_APPLICATION, sections.application),
    )
    written = [described(code, raw) for code, raw in pieces if raw is not None]
    return b"".join([*written, sections.body])


def described(code: int, raw: bytes) -> bytes:
    """Return a section: `raw` under its descriptor."""
    return bytes((0x00, 0x53, code)) + raw


def value_section(raw: bytes) -> bytes:
    """Return a body that is one value."""
    return described(0x77, raw)


def _with_entries(raw: bytes | None, entries: Mapping[bytes, bytes]) -> bytes:
    """Return the raw map `raw` updated with `entries`, whose keys and values are raw, too.

    Raises MalformedError.
    """
    old, _ = parts(raw or EMPTY_MAP)
    names = {_name(key) for key in entries}
    pairs = [old[i : i + 2] for i in range(0, len(old), 2)]
    kept = [each for pair in pairs if _name(pair[0]) not in names for each in pair]
    return encode.mapping([*kept, *(each for pair in entries.items() for each in pair)])


def without_entries(raw: bytes | None, names: Iterable[str]) -> list[bytes]:
    """Return the raw map's keys and values, except those of `names`. Raises MalformedError."""
    old, _ = parts(raw or EMPTY_MAP)
    unwanted = set(names)
    pairs = [old[i : i + 2] for i in range(0, len(old), 2)]
    return [each for pair in pairs if _name(pair[0]) not in unwanted for each in pair]


def batch(message: bytes) -> list[bytes]:
    """Return the messages of a batch, each in a data section. Raises MalformedError."""
    body = split(message).body
    messages, at = [], 0
    while at < len(body) and _code(body, at) == _DATA:
        content = decoded(body, at + 3)
        if not isinstance(content, bytes):
            raise MalformedError("a batch has a section that is not data")
        messages.append(content)
        at = end_of(body, at + 3)
    if at != len(body) and _code(body, at) != _FOOTER:
        raise MalformedError("a batch has a section that is not data")
    return messages


def with_application_properties(sections: Sections, entries: Mapping[str, object]) -> Sections:
    """Return the message with more application properties. Raises MalformedError."""
    raw = {encode.string(key): encode.value(each) for key, each in entries.items()}
    return replace(sections, application=_with_entries(sections.application, raw))


def _sections(found: Mapping[int, bytes], body: bytes) -> Sections:
    return Sections(
        header=found.get(_HEADER),
        delivery=found.get(_DELIVERY),
        annotations=found.get(_ANNOTATIONS),
        properties=found.get(_PROPERTIES),
        application=found.get(_APPLICATION),
        body=body,
    )


def _check_order(last: int, code: int) -> None:
    """Raise MalformedError unless a section may follow the last: data and sequences repeat."""
    repeats = code == last and code in (_DATA, _DATA + 1)
    if last >= _DATA and not repeats:
        raise MalformedError("a body of more than one kind, or not at the end")
    if code <= last and not repeats:
        raise MalformedError("the sections are not in their order")


def _check_type(code: int, constructor: int) -> None:
    """Raise MalformedError unless a section is of its type; a value may be of any."""
    if constructor not in _CONSTRUCTORS.get(code, (constructor,)):
        raise MalformedError(f"the section {code:#x} is of another type")


def _code(message: bytes, at: int) -> int:
    if message[at : at + 2] == b"\x00\x53" and at + 2 < len(message):
        code = message[at + 2]
        if _HEADER <= code <= _FOOTER:
            return code
    raise MalformedError("bytes that are not a section of a message")


def _name(key: bytes) -> object:
    return decoded(key)
