"""A second decoder, which accepts only the types that the AMQP 1.0 specification allows.

The SDK's own decoder and proton take a string where a symbol belongs; a strict client closes the
connection for it. This one shares no code with the bus.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class ViolationError(AssertionError):
    """Something that the specification does not allow."""


class Value(NamedTuple):
    """A value and the name of its type; of a described one the descriptor, of an array its type."""

    type: str
    value: Any
    of: Any = None


_FIXED = {
    0x40: ("null", 0),
    0x41: ("boolean", 0),
    0x42: ("boolean", 0),
    0x43: ("uint", 0),
    0x44: ("ulong", 0),
    0x50: ("ubyte", 1),
    0x51: ("byte", 1),
    0x52: ("uint", 1),
    0x53: ("ulong", 1),
    0x54: ("int", 1),
    0x55: ("long", 1),
    0x56: ("boolean", 1),
    0x60: ("ushort", 2),
    0x61: ("short", 2),
    0x70: ("uint", 4),
    0x71: ("int", 4),
    0x72: ("float", 4),
    0x73: ("char", 4),
    0x74: ("decimal32", 4),
    0x80: ("ulong", 8),
    0x81: ("long", 8),
    0x82: ("double", 8),
    0x83: ("timestamp", 8),
    0x84: ("decimal64", 8),
    0x94: ("decimal128", 16),
    0x98: ("uuid", 16),
}
_VARIABLE = {0xA0: "binary", 0xA1: "string", 0xA3: "symbol"}
_COMPOUND = {0xC0: "list", 0xC1: "map", 0xE0: "array"}
_SIMPLE = {each for each, _ in _FIXED.values()} | set(_VARIABLE.values())
_SIGNED = {"byte", "short", "int", "long", "timestamp"}


class Bytes:
    """The rest of some bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def is_left(self) -> bool:
        """Return whether any bytes are left."""
        return self.at < len(self.data)

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if self.at + size > len(self.data):
            raise ViolationError("a value ends after its bytes")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """Return the next unsigned number."""
        return int.from_bytes(self.take(size), "big")

    def value(self) -> Value:
        """Return the next value."""
        code = self.number(1)
        if code == 0:
            descriptor = self.value()
            _check(descriptor.type in ("ulong", "symbol"), f"a descriptor of {descriptor.type}")
            return Value("described", self.value(), descriptor.value)
        return self.body(code)

    def body(self, code: int) -> Value:
        """Return the value that follows a constructor."""
        if code == 0x45:
            return Value("list", [])
        if code in _FIXED:
            kind, size = _FIXED[code]
            return Value(kind, _fixed(kind, code, self.take(size)))
        wide = code - 0x10 if code & 0x10 else code
        size = self.number(4 if wide != code else 1)
        if wide in _VARIABLE:
            raw = self.take(size)
            texts = {"string": "utf-8", "symbol": "ascii"}
            kind = _VARIABLE[wide]
            return Value(kind, raw.decode(texts[kind]) if kind in texts else raw)
        _check(wide in _COMPOUND, f"no constructor is {code:#x}")
        return _compound(_COMPOUND[wide], Bytes(self.take(size)), 4 if wide != code else 1)


def _fixed(kind: str, code: int, raw: bytes) -> Any:
    if kind == "boolean":
        _check(raw in (b"", b"\x00", b"\x01"), "a boolean that is neither")
        return raw == b"\x01" if raw else code == 0x41
    if kind == "null":
        return None
    return int.from_bytes(raw, "big", signed=kind in _SIGNED)


def _compound(kind: str, inside: Bytes, width: int) -> Value:
    count = inside.number(width)
    of = None
    if kind == "array":
        code = inside.number(1)
        found = [inside.body(code) for _ in range(count)]
        of = _FIXED.get(code, (_VARIABLE.get(code & 0xEF, "compound"),))[0]
    else:
        found = [inside.value() for _ in range(count)]
    _check(not inside.is_left, f"a {kind} is longer than its elements")
    if kind != "map":
        return Value(kind, found, of)
    keys = [(each.type, str(each.value)) for each in found[::2]]
    _check(count % 2 == 0, "a map has a key without a value")
    _check(len(set(keys)) == len(keys), f"a map has a key twice: {keys}")
    return Value(kind, list(zip(found[::2], found[1::2], strict=True)))


def _check(true: bool, violation: str) -> None:
    if not true:
        raise ViolationError(violation)


# A field is its name and type; "!" makes it mandatory, "*" says that an array may stand for it.
_MAX = {"role": 1, "sender-settle-mode": 2, "receiver-settle-mode": 1, "terminus-durability": 2}
_PRIMITIVES = {
    "role": "boolean",
    "sender-settle-mode": "ubyte",
    "receiver-settle-mode": "ubyte",
    "terminus-durability": "uint",
    "milliseconds": "uint",
    "seconds": "uint",
    "sequence-no": "uint",
    "delivery-tag": "binary",
}
_TERMINUS = "address:address durable:terminus-durability expiry-policy:symbol timeout:seconds"
_COMPOSITES: dict[int, tuple[str, str]] = {
    0x10: (
        "open",
        "container-id:string! hostname:string max-frame-size:uint channel-max:ushort"
        " idle-time-out:milliseconds outgoing-locales:symbol* incoming-locales:symbol*"
        " offered-capabilities:symbol* desired-capabilities:symbol* properties:fields",
    ),
    0x11: (
        "begin",
        "remote-channel:ushort next-outgoing-id:uint! incoming-window:uint! outgoing-window:uint!"
        " handle-max:uint offered-capabilities:symbol* desired-capabilities:symbol*"
        " properties:fields",
    ),
    0x12: (
        "attach",
        "name:string! handle:uint! role:role! snd-settle-mode:sender-settle-mode"
        " rcv-settle-mode:receiver-settle-mode source:0x28 target:0x29|0x30 unsettled:map"
        " incomplete-unsettled:boolean initial-delivery-count:sequence-no max-message-size:ulong"
        " offered-capabilities:symbol* desired-capabilities:symbol* properties:fields",
    ),
    0x13: (
        "flow",
        "next-incoming-id:uint incoming-window:uint! next-outgoing-id:uint! outgoing-window:uint!"
        " handle:uint delivery-count:sequence-no link-credit:uint available:uint drain:boolean"
        " echo:boolean properties:fields",
    ),
    0x14: (
        "transfer",
        "handle:uint! delivery-id:uint delivery-tag:delivery-tag message-format:uint"
        " settled:boolean more:boolean rcv-settle-mode:receiver-settle-mode state:state"
        " resume:boolean aborted:boolean batchable:boolean",
    ),
    0x15: (
        "disposition",
        "role:role! first:uint! last:uint settled:boolean state:state batchable:boolean",
    ),
    0x16: ("detach", "handle:uint! closed:boolean error:0x1d"),
    0x17: ("end", "error:0x1d"),
    0x18: ("close", "error:0x1d"),
    0x1D: ("error", "condition:symbol! description:string info:fields"),
    0x23: ("received", "section-number:uint! section-offset:ulong!"),
    0x24: ("accepted", ""),
    0x25: ("rejected", "error:0x1d"),
    0x26: ("released", ""),
    0x27: (
        "modified",
        "delivery-failed:boolean undeliverable-here:boolean message-annotations:fields",
    ),
    0x28: (
        "source",
        f"{_TERMINUS} dynamic:boolean dynamic-node-properties:fields distribution-mode:symbol"
        " filter:filter-set default-outcome:outcome outcomes:symbol* capabilities:symbol*",
    ),
    0x29: (
        "target",
        f"{_TERMINUS} dynamic:boolean dynamic-node-properties:fields capabilities:symbol*",
    ),
    0x30: ("coordinator", "capabilities:symbol*"),
    0x34: ("transactional-state", "txn-id:binary! outcome:outcome"),
    0x40: ("sasl-mechanisms", "sasl-server-mechanisms:symbol*!"),
    0x44: ("sasl-outcome", "code:ubyte! additional-data:binary"),
    0x70: (
        "header",
        "durable:boolean priority:ubyte ttl:milliseconds first-acquirer:boolean"
        " delivery-count:uint",
    ),
    0x73: (
        "properties",
        "message-id:message-id user-id:binary to:address subject:string reply-to:address"
        " correlation-id:message-id content-type:symbol content-encoding:symbol"
        " absolute-expiry-time:timestamp creation-time:timestamp group-id:string"
        " group-sequence:sequence-no reply-to-group-id:string",
    ),
}
_CODES = {f"amqp:{name}:list": code for code, (name, _) in _COMPOSITES.items()}
_OUTCOMES = (0x24, 0x25, 0x26, 0x27)


def composite(value: Value, *codes: int) -> dict[str, Value]:
    """Return the fields of a described list, by their names."""
    _check(value.type == "described", f"a {value.type} where a described list belongs")
    code = _CODES.get(value.of, value.of)
    _check(code in _COMPOSITES and (not codes or code in codes), f"no {code!r} belongs here")
    name, written = _COMPOSITES[code]
    _check(value.value.type == "list", f"{name} is a {value.value.type}")
    kinds = [each.split(":") for each in written.split()]
    _check(len(value.value.value) <= len(kinds), f"{name} has too many fields")
    given = [*value.value.value, *[Value("null", None)] * len(kinds)]
    for (field_, kind), one in zip(kinds, given, strict=False):
        try:
            _check_field(one, kind)
        except ViolationError as error:
            raise ViolationError(f"{name}.{field_}: {error}") from error
    return {field_: one for (field_, _), one in zip(kinds, given, strict=False)} | {
        "": Value("name", name)
    }


def _check_field(value: Value, kind: str) -> None:
    mandatory, kind = kind.endswith("!"), kind.removesuffix("!")
    if value.type == "null":
        _check(not mandatory, "is mandatory")
        return
    if kind.endswith("*") and value.type == "array":
        _check(value.of == kind[:-1], f"an array of {value.of}")
        return
    kind = kind.removesuffix("*")
    if kind in _SPECIAL:
        _SPECIAL[kind](value)
        return
    if kind.startswith("0x"):
        composite(value, *(int(each, 16) for each in kind.split("|")))
        return
    _check(value.type == _PRIMITIVES.get(kind, kind), f"a {value.type}")
    if kind in _MAX:
        _check(int(value.value) <= _MAX[kind], f"{value.value} is none")
    if kind == "delivery-tag":
        _check(len(value.value) <= 32, "longer than 32 bytes")


def _keys(*kinds: str) -> Callable[[Value], None]:
    def check(value: Value) -> None:
        _check(value.type == "map", f"a {value.type}")
        for key, _ in value.value:
            _check(key.type in kinds, f"a {key.type} for a key: {key.value!r}")

    return check


def _filters(value: Value) -> None:
    """ "A map of named described types", by symbols.

    Azure's own filter is a bare string, which the SDK for Python decodes as one.
    """
    _keys("symbol")(value)
    for key, each in value.value:
        own = ("string",) if key.value == "com.microsoft:session-filter" else ()
        is_allowed = each.type in ("described", "null", *own)
        _check(is_allowed, f"the filter {key.value} is a {each.type}")


def _of(*kinds: str) -> Callable[[Value], None]:
    return lambda value: _check(value.type in kinds, f"a {value.type}")


_SPECIAL: dict[str, Callable[[Value], Any]] = {
    "fields": _keys("symbol"),
    "filter-set": _filters,
    "address": _of("string"),
    "message-id": _of("ulong", "uuid", "binary", "string"),
    "state": lambda value: composite(value, 0x23, 0x34, *_OUTCOMES),
    "outcome": lambda value: composite(value, *_OUTCOMES),
}


def message(content: bytes) -> None:
    """Check all sections of a message. Raises ViolationError."""
    left, last, body = Bytes(content), 0, 0
    while left.is_left:
        section = left.value()
        _check(section.type == "described", f"a {section.type} between the sections")
        code, value = section.of, section.value
        _check(isinstance(code, int) and 0x70 <= code <= 0x78, f"no section is {code!r}")
        repeats = code == last and code in (0x75, 0x76)
        _check(code > last or repeats, f"section {code:#x} after {last:#x}")
        _check(not (0x75 <= code <= 0x77 and body not in (0, code)), "two kinds of body")
        last, body = code, code if 0x75 <= code <= 0x77 else body
        _section(code, value, section)
    _check(body != 0, "a message without a body")


def _section(code: int, value: Value, section: Value) -> None:
    if code in (0x70, 0x73):
        composite(section, code)
    elif code in (0x71, 0x72, 0x78):
        _keys("symbol", "ulong")(value)
    elif code == 0x74:
        _keys("string")(value)
        for key, each in value.value:
            _check(each.type in _SIMPLE, f"the application property {key.value} is a {each.type}")
    elif code in (0x75, 0x76):
        kind = "binary" if code == 0x75 else "list"
        _check(value.type == kind, f"a body of {value.type} in {code:#x}")
    else:
        _peeked(value)


def _peeked(value: Value) -> None:
    """Check the messages inside a reply of `$management`, too."""
    if value.type != "map":
        return
    for key, each in value.value:
        if key.value == "messages" and each.type == "list":
            for one in each.value:
                for name, content in one.value if one.type == "map" else ():
                    if name.value == "message" and content.type == "binary":
                        message(content.value)


@dataclass
class Reader:
    """A reader of all frames of one side. `largest` is the other side's max-frame-size."""

    largest: int = 65536
    _open: set[int] = field(default_factory=set)
    _closed: bool = False
    _partial: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def read(self, data: bytes) -> None:
        """Check whole frames. Raises ViolationError."""
        left = Bytes(data)
        while left.is_left:
            _check(not self._closed, "something follows a close")
            if left.data[left.at : left.at + 4] == b"AMQP":
                _check(left.take(8)[4:] in (b"\0\1\0\0", b"\3\1\0\0"), "no such protocol")
                continue
            size = left.number(4)
            _check(8 <= size <= self.largest, f"a frame of {size} bytes")
            self._frame(Bytes(left.take(size - 4)))

    def _frame(self, frame: Bytes) -> None:
        offset, kind, channel = frame.number(1), frame.number(1), frame.number(2)
        frame.take(offset * 4 - 8)
        _check(kind in (0, 1), f"a frame of type {kind}")
        if not frame.is_left:
            return
        fields = composite(frame.value(), *((0x40, 0x44) if kind else range(0x10, 0x19)))
        name, payload = fields[""].value, frame.take(len(frame.data) - frame.at)
        _check(name == "transfer" or not payload, f"a payload behind {name}")
        if kind == 0:
            self._performative(name, channel, fields, payload)

    def _performative(
        self, name: str, channel: int, fields: dict[str, Value], payload: bytes
    ) -> None:
        if name in ("open", "close"):
            self._closed = name == "close"
            return
        if name == "begin":
            _check(channel not in self._open, f"channel {channel} begins twice")
            self._open.add(channel)
        _check(channel in self._open, f"a {name} on channel {channel}, which has no session")
        if name == "end":
            self._open.discard(channel)
        if name == "attach" and fields["role"].value is False:
            # "This MUST NOT be null if role is sender."
            _check(fields["initial-delivery-count"].value is not None, "no initial-delivery-count")
        if name == "transfer":
            self._transfer((channel, fields["handle"].value), fields, payload)

    def _transfer(self, link: tuple[int, int], fields: dict[str, Value], payload: bytes) -> None:
        if link not in self._partial:
            for each in ("delivery-id", "delivery-tag"):
                _check(fields[each].value is not None, f"a delivery begins without {each}")
        content = self._partial.pop(link, b"") + payload
        if fields["more"].value:
            self._partial[link] = content
        elif not fields["aborted"].value:
            message(content)
