"""The fastest Service Bus that Python allows: it knows the frames of a message by their offsets.

proton opens the connection and its links, as in the baseline. From the first link to an entity on,
nothing is decoded, checked or stored: a frame is answered with bytes that were prepared. The
messages are like the sandbox's own, so the clients have the same work with them.
"""

import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.baseline.broker import Broker
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.performatives import DISPOSITION, FLOW, TRANSFER
from sandbox.servicebus.amqp.sections import described
from sandbox.servicebus.serve.message import BrokerProperties, with_broker_properties
from sandbox.servicebus.serve.subqueue import lock_id

_CBS = "$cbs"
_CODE, _FIELDS = 10, 14
# By their constructors: nulls, booleans and uints.
_SIZES = {0x40: 1, 0x41: 1, 0x42: 1, 0x43: 1, 0x52: 2, 0x56: 2, 0x70: 5}
_NO_CREDIT = (b"\x43", b"\x52\x00")
_SETTLED_AS_ACCEPTED = encode.NULL + encode.boolean(True) + b"\x00\x53\x24\x45"
_ENDLESS_CREDIT = 1 << 30
_TAG = "0123456789abcdef"
_LOCKED_FOR = 3600


class Bound(Broker):
    """One connection, as the baseline's, with one link beside those of `$cbs`."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        super().__init__(write)
        self._answer = write
        self._is_open = False
        self._count = 0
        self._before_number, self._after_number = b"", b""

    def feed(self, data: bytes) -> None:
        """Answer whole frames: the clients of the bench send no other once their link is open."""
        if not self._is_open:
            super().feed(data)
            return
        for frame in _frames(data):
            code = frame[_CODE] if len(frame) > _CODE else 0
            if code == TRANSFER:
                self._answer(_disposition(encode.boolean(True), _field(frame, 1)))
            elif code == DISPOSITION:
                self._answer(_disposition(encode.boolean(False), _field(frame, 1)))
            elif code != FLOW:
                super().feed(frame)
            elif self._before_number and _field(frame, 6) not in _NO_CREDIT:
                self._count += 1
                number = struct.pack(">I", self._count)
                self._answer(self._before_number + number + self._after_number)

    def _attached(self, event: Any) -> None:
        super()._attached(event)
        link = event.link
        if _CBS in (link.remote_source.address, link.remote_target.address):
            return
        self._is_open = True
        if link.is_receiver:
            link.flow(_ENDLESS_CREDIT)
        else:
            # The handle of the third link. The number is a uint of four bytes.
            fields = (encode.uint(2), b"\x70", encode.binary(_TAG.encode()), encode.uint(0))
            self._before_number, self._after_number = _transfer(fields, _message())


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at : at + size]
        at += size


def _field(frame: bytes, index: int) -> bytes:
    """Return a raw field, before which there are only booleans and uints."""
    at = _FIELDS
    for _ in range(index):
        at += _SIZES[frame[at]]
    return frame[at : at + _SIZES[frame[at]]]


def _disposition(role: bytes, number: bytes) -> bytes:
    fields = role + number + _SETTLED_AS_ACCEPTED
    listed = bytes((0xC0, len(fields) + 1, 5)) + fields
    return struct.pack(">IHH", len(listed) + 11, 0x0200, 0) + described(DISPOSITION, listed)


def _transfer(fields: tuple[bytes, ...], payload: bytes) -> tuple[bytes, bytes]:
    """Return a frame up to its delivery's number, which is its second field, and the rest."""
    content = b"".join(fields)
    size = len(content) + 4
    listed = bytes((0xC0, size + 1, len(fields)))
    head = struct.pack(">IHH", size + len(payload) + 14, 0x0200, 0)
    start = head + described(TRANSFER, listed) + b"".join(fields[:2])
    return start, b"".join(fields[2:]) + payload


def _message() -> bytes:
    properties = encode.sequence((encode.string("0" * 36), *[encode.NULL] * 12))
    content = described(0x73, properties) + described(0x75, encode.binary(b"x" * 512))
    now = time.time()
    values = BrokerProperties(
        sequence=1,
        origin=1,
        enqueued=now,
        deliveries=0,
        time_to_live=None,
        locked_until=now + _LOCKED_FOR,
        lock_token=lock_id(_TAG),
    )
    return with_broker_properties(content, values)
