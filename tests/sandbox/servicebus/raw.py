"""A client that writes each frame itself, and reads those of the bus with the SDK's own decoder."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from azure.servicebus._pyamqp._decode import decode_frame, decode_payload
from proton import Message

from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus.harness import Credential, Running
from tests.sandbox.servicebus.peer import HOST
from tests.sandbox.servicebus.world import PRINCIPALS

SASL = b"AMQP\x03\x01\x00\x00"
AMQP = b"AMQP\x00\x01\x00\x00"
NULL, ZERO = encode.NULL, encode.uint(0)

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
_ACCEPTED = b"\x00\x53\x24\x45"


def frame(performative: int, *fields: bytes, kind: int = 0, payload: bytes = b"") -> bytes:
    """Return one frame on channel 0."""
    body = bytes((0x00, 0x53, performative)) + encode.sequence(fields) + payload
    return struct.pack(">IBBH", len(body) + 8, 2, kind, 0) + body


def hello(*limits: bytes, host: str = HOST) -> bytes:
    """Return the frames that open a connection and a session.

    `limits` starts with the max-frame-size.
    """
    return (
        SASL
        + frame(0x41, encode.symbol("ANONYMOUS"), kind=1)
        + AMQP
        + frame(OPEN, encode.string("me"), encode.string(host), *limits)
        + frame(BEGIN, NULL, ZERO, encode.uint(1000), encode.uint(1000))
    )


HELLO = hello()


def attach(handle: int, address: str, *, sends: bool = True, name: str = "") -> bytes:
    """Return an attach of a link that sends to `address`, or receives from it."""
    where = encode.sequence((encode.string(address),))
    source, target = b"\x00\x53\x28" + where, b"\x00\x53\x29" + where
    rest = (NULL, NULL, ZERO) if sends else ()
    modes = (b"\x50\x00", b"\x50\x00")
    kind = encode.boolean(not sends)
    called = encode.string(name or f"link {handle}")
    return frame(ATTACH, called, encode.uint(handle), kind, *modes, source, target, *rest)


def transfer(handle: int, number: int, message: Message, *, settled: bool = True) -> bytes:
    """Return a transfer of a message. It ignores credit."""
    tag = encode.binary(struct.pack(">I", number))
    fields = (encode.uint(handle), encode.uint(number), tag, ZERO, encode.boolean(settled))
    return frame(TRANSFER, *fields, payload=message.encode())


def unfinished(handle: int, number: int, size: int) -> bytes:
    """Return a transfer with the flag `more`."""
    tag = encode.binary(struct.pack(">I", number))
    fields = (encode.uint(handle), encode.uint(number), tag, ZERO)
    more = (encode.boolean(False), encode.boolean(True))
    return frame(TRANSFER, *fields, *more, payload=bytes(size))


def on_channel(channel: int, content: bytes) -> bytes:
    """Return a frame on another channel."""
    return content[:6] + struct.pack(">H", channel) + content[8:]


def put_token(token: str, path: str = "orders", kind: str = "jwt") -> Message:
    """Return a request to `$cbs`, whose reply comes on the link of `Raw.open_cbs`."""
    properties = {"operation": "put-token", "type": kind, "name": f"sb://{HOST}/{path}"}
    return Message(id="1", body=token, properties=properties, reply_to="link 1")


def flow(
    handle: int,
    credit: int,
    *,
    received: int = 0,
    window: int = 1000,
    count: int = 0,
    drains: bool = False,
) -> bytes:
    """Return a flow with credit for a link, and a window after the transfers `received`.

    `count` is the link's delivery count.
    """
    fields = (encode.uint(1 + received), encode.uint(window), encode.uint(1), encode.uint(1000))
    of_link = (encode.uint(handle), encode.uint(count), encode.uint(credit))
    return frame(FLOW, *fields, *of_link, NULL, encode.boolean(drains))


def accepted(delivery: int, *, settled: bool = True) -> bytes:
    """Return a receiver's disposition of one delivery: accepted."""
    number = encode.uint(delivery)
    true, is_settled = encode.boolean(True), encode.boolean(settled)
    return frame(DISPOSITION, true, number, number, is_settled, _ACCEPTED)


@dataclass(frozen=True)
class Heard:
    """A frame of the bus: its performative and its fields, as the SDK reads them."""

    code: int
    fields: list[Any]

    @property
    def message(self) -> Any:
        """Return the message in a transfer."""
        return decode_payload(self.fields[-1])


class Raw:
    """A connection of frames. `opened` and `began` are the bus's OPEN and BEGIN."""

    def __init__(self, bus: Running, *, begins: bytes = HELLO, patience: float = 60) -> None:
        """Send `begins`, and wait for the session's BEGIN, which opens its window."""
        self._socket = socket.create_connection(("127.0.0.1", bus.plain_port), timeout=patience)
        self._patience = patience
        self._bytes = b""
        self.longest = 0
        self._frames = self._heard()
        self.say(begins)
        self.opened, self.began = self.hear(OPEN), self.hear(BEGIN)

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, *frames: bytes) -> None:
        """Send frames."""
        self._socket.sendall(b"".join(frames))

    def hear(self, code: int) -> Heard:
        """Return the next frame with that performative. Raises AssertionError if none comes."""
        for heard in self._frames:
            if heard.code == code:
                return heard
            assert heard.code != CLOSE, heard.fields
        raise AssertionError(f"the bus hung up before {code:#x}")

    def is_silent(self, seconds: float = 0.3) -> bool:
        """Return whether the bus sends nothing for so long."""
        self._socket.settimeout(seconds)
        try:
            self._bytes += self._socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(self._patience)
        return False

    def put(self, token: str, path: str = "orders", kind: str = "jwt", number: int = 0) -> Heard:
        """Put a token on the links of `open_cbs`. Return the transfer of the reply."""
        self.say(transfer(0, number, put_token(token, path, kind)))
        return self.hear(TRANSFER)

    def put_as(self, caller: str, path: str = "orders", number: int = 0) -> Heard:
        """Put a fresh token of the principal called `caller`."""
        return self.put(Credential(PRINCIPALS[caller]).get_token().token, path, number=number)

    def open_cbs(self, credit: int = 100) -> None:
        """Open the two links of `$cbs`, under the handles 0 and 1."""
        self.say(attach(0, "$cbs"), attach(1, "$cbs", sends=False), flow(1, credit))

    def _heard(self) -> Iterator[Heard]:
        while True:
            content = self._take(8)
            if content[:4] == b"AMQP":
                continue
            size = int.from_bytes(content[:4], "big")
            self.longest = max(self.longest, size)
            body = self._take(size - 8)
            if content[5] == 0 and body:
                yield Heard(*decode_frame(memoryview(body)))

    def _take(self, size: int) -> bytes:
        while len(self._bytes) < size:
            more = self._socket.recv(65536)
            if not more:
                raise AssertionError("the bus hung up")
            self._bytes += more
        taken, self._bytes = self._bytes[:size], self._bytes[size:]
        return taken
