"""Frames rewritten on their way to and from proton, where Azure has values that proton cannot set.

Azure numbers a session's transfers from 1, has windows of 5000 either way, takes handles up to
255, and marks the transfers of messages as batchable: traces in Azure/azure-sdk-for-python#38629
and azure-sdk-for-go#22406. proton numbers from 0, and announces 2147483647 for two of the others.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html
"""

from collections.abc import Callable, Iterator

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import parts, value_at

HANDLE_MAX = 255
WINDOW = 5000
_FIRST_TRANSFER = 1
_HEADER_SIZE = 8
_SERIAL = 1 << 32

_CHANNEL = slice(6, 8)
_CODE = _HEADER_SIZE + 2

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END = range(0x10, 0x18)
_BY_NAME = {
    "amqp:begin:list": BEGIN,
    "amqp:attach:list": ATTACH,
    "amqp:flow:list": FLOW,
    "amqp:transfer:list": TRANSFER,
    "amqp:disposition:list": DISPOSITION,
    "amqp:detach:list": DETACH,
    "amqp:end:list": END,
}
# A descriptor is a number or a symbol; proton refuses a frame with any other.
_DESCRIPTORS = (b"\x44", b"\x53", b"\x80", b"\xa3", b"\xb3")
# As clients write them: no extended header, then a descriptor whose number is one byte.
_USUAL = b"\x02\x00", b"\x00\x53"
_BEGIN_THEN_FLOW = bytes((BEGIN,)), bytes((FLOW,))
# proton's form of a transfer: a list and a tag of up to 255 bytes, numbers as short as possible.
_SHORT_LIST = 0xC0
_UINT_SIZES = {0x43: 1, 0x52: 2, 0x70: 5}
_TRUE = (b"\x41", b"\x56\x01")
_TAG = b"\xa0\x10"  # of 16 bytes
_BATCHABLE = 10

Fields = list[bytes]
_Change = Callable[[bytes, int, int], bytes]


def performative(frame: bytes) -> tuple[int, int]:
    """Return the code of a frame's performative, and where its fields start.

    0 if it has none. Raises MalformedError.
    """
    if (frame[4:6], frame[_HEADER_SIZE:_CODE]) == _USUAL and len(frame) > _CODE:
        return frame[_CODE], _CODE + 1
    start = frame[4] * 4
    if frame[:4] == b"AMQP" or frame[5] != 0 or frame[start : start + 1] != b"\x00":
        return 0, start
    if frame[start + 1 : start + 2] not in _DESCRIPTORS:
        return 0, start
    descriptor, at = value_at(frame, start + 1)
    return descriptor if isinstance(descriptor, int) else _BY_NAME.get(str(descriptor), 0), at


def outgoing(data: bytes, largest: int, of_session: _Change) -> bytes:
    """Return whole frames of proton's as Azure would have sent them.

    `largest` is the size of the largest frame that the peer takes. `of_session` adapts a frame to
    the state of its session, given the frame, its code and where its fields start.
    """
    sent, last = [], b""
    for frame in _cut(data):
        if not _repeats(last, frame):
            sent.append(_outgoing(frame, largest, of_session))
        last = frame
    return b"".join(sent)


def _repeats(last: bytes, frame: bytes) -> bool:
    """Return whether a frame is a FLOW that only repeats the BEGIN before it.

    proton sends a FLOW right after each BEGIN, before the session has a link. Azure does not.
    """
    codes = last[_CODE : _CODE + 1], frame[_CODE : _CODE + 1]
    return codes == _BEGIN_THEN_FLOW and last[_CHANNEL] == frame[_CHANNEL]


def _cut(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        has_size = data[at : at + 4] != b"AMQP"
        size = int.from_bytes(data[at : at + 4], "big") if has_size else _HEADER_SIZE
        yield data[at : at + size]
        at += size


def _outgoing(frame: bytes, largest: int, of_session: _Change) -> bytes:
    # proton writes each performative by its short code, right after the shortest header.
    if frame[5] != 0 or frame[_HEADER_SIZE : _HEADER_SIZE + 2] != b"\x00\x53":
        return frame
    code, at = frame[_CODE], _CODE + 1
    if code in (BEGIN, DISPOSITION, END):
        frame = of_session(frame, code, at)
    if code == BEGIN:
        return with_fields(frame, at, _begin)
    if code == FLOW:
        return with_fields(frame, at, _flow)
    if code == TRANSFER:
        return _batchable(frame, at, largest)
    return frame


def _begin(fields: Fields) -> Fields:
    """Return the fields remote-channel, next-outgoing-id, two windows, handle-max and more."""
    counted = _shifted(fields, 1, _FIRST_TRANSFER)
    return [*counted[:3], encode.uint(WINDOW), encode.uint(HANDLE_MAX), *counted[5:]]


def _flow(fields: Fields) -> Fields:
    """Return the fields next-incoming-id, a window, next-outgoing-id, a window and more."""
    counted = _shifted(fields, 2, _FIRST_TRANSFER)
    return [*counted[:3], encode.uint(WINDOW), *counted[4:]]


def _batchable(frame: bytes, at: int, largest: int) -> bytes:
    """Mark a message as batchable, in the eleventh field of its transfer.

    One frame's mark counts for the whole delivery, so a full frame can stay as it is. A reply of
    `$cbs` is not batchable (azure-sdk-for-go#22406). Its tag is shorter than a message's, which is
    the lock token. This runs for each message, so it patches bytes and decodes nothing.
    """
    size, count, tag = frame[at + 1], frame[at + 2], at + 3
    for _ in ("handle", "delivery-id"):
        tag += _UINT_SIZES.get(frame[tag], 0)
    more = encode.NULL * (_BATCHABLE - count) + encode.boolean(True)
    fits = len(frame) + len(more) <= largest
    if not fits or count > _BATCHABLE or frame[at] != _SHORT_LIST or frame[tag : tag + 2] != _TAG:
        return frame
    end = at + 2 + size
    listed = bytes((_SHORT_LIST, size + len(more), _BATCHABLE + 1))
    total = (len(frame) + len(more)).to_bytes(4, "big")
    return b"".join((total, frame[4:at], listed, frame[at + 3 : end], more, frame[end:]))


def incoming_flow(fields: Fields) -> Fields:
    """Return the fields of the peer's FLOW as proton is to read them."""
    return _shifted(fields, 0, -_FIRST_TRANSFER)


def number(fields: Fields, index: int) -> int | None:
    """Return a field that is a uint; None if it is left out or of another type."""
    raw = fields[index] if len(fields) > index else encode.NULL
    return int.from_bytes(raw[1:], "big") if raw[0] in _UINT_SIZES else None


def is_true(fields: Fields, index: int) -> bool:
    """Return whether a field is true."""
    return len(fields) > index and fields[index] in _TRUE


def _shifted(fields: Fields, index: int, by: int) -> Fields:
    """Return the fields with one transfer-id, if there is one, shifted modulo 2^32."""
    value = number(fields, index)
    if value is None:
        return fields
    return [*fields[:index], encode.uint((value + by) % _SERIAL), *fields[index + 1 :]]


def with_fields(frame: bytes, at: int, change: Callable[[Fields], Fields]) -> bytes:
    """Return a frame with changed fields and the same payload."""
    fields, end = parts(frame, at)
    return rewritten(frame, at, change(fields), end)


def rewritten(frame: bytes, at: int, fields: Fields, end: int) -> bytes:
    """Return a frame with other fields in the place of those from `at` to `end`."""
    body = frame[4:at] + encode.sequence(fields) + frame[end:]
    return (len(body) + 4).to_bytes(4, "big") + body
