"""AMQP on one socket for several namespaces: the OPEN frame of a connection names its namespace.

Azure's namespaces have an address each. Here they share a port, and TLS cannot tell them apart,
since clients of this port connect to loopback.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.servicebus.amqp.engine import UNREADABLE, Engine, EventType
from sandbox.servicebus.amqp.frames import Frames, FramingError
from sandbox.servicebus.plane import ServiceBus

# In seconds, and in bytes: until the OPEN frame. Real clients take some milliseconds.
_PATIENCE = 10.0
_LONGEST_OPENING = 16 * 1024
_FRAMES = 8


def amqp_protocol(namespaces: Mapping[str, ServiceBus]) -> Callable[[], asyncio.Protocol]:
    """Return a factory of protocols for `namespaces`, by host, of which there is at least one."""

    def protocol() -> asyncio.Protocol:
        if len(namespaces) > 1:
            return _SharedProtocol(namespaces)
        return next(iter(namespaces.values())).amqp_protocol()

    return protocol


class _SharedProtocol(asyncio.Protocol):
    """A connection that is handed over to a namespace as soon as its OPEN frame names one.

    Until then, an engine answers the client's SASL. The namespace reads all bytes from the first
    one, and its own answer to SASL, which is the same, is dropped. A connection that names no
    namespace, or cannot be read, goes to the first one, which refuses it as it refuses any.
    """

    def __init__(self, namespaces: Mapping[str, ServiceBus]) -> None:
        self._namespaces = namespaces
        self._engine, self._frames = Engine(), Frames()
        self._read, self._answered = bytearray(), bytearray()
        self._protocol: asyncio.Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the OPEN frame."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a socket's or TLS's is one
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(_PATIENCE, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Feed the namespace, or look for the OPEN frame."""
        if self._protocol:
            self._protocol.data_received(data)
            return
        self._read += data
        try:
            self._frames.feed(data)
            host = self._named_host()
        except (FramingError, *UNREADABLE):
            host = ""
        if host is not None or len(self._read) > _LONGEST_OPENING:
            self._hand_over(host or "")
            return
        answer = self._engine.output()
        self._answered += answer
        self._transport.write(answer)

    def eof_received(self) -> bool:
        """Close the transport: a client that sends nothing more reads nothing more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the connection."""
        self._timer.cancel()
        if self._protocol:
            self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Have the connection send less."""
        if self._protocol:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Have the connection go on."""
        if self._protocol:
            self._protocol.resume_writing()

    def _named_host(self) -> str | None:
        """Return the host that the OPEN frame names, empty for none; None before that frame.

        Raises FramingError and UNREADABLE.
        """
        for frame in self._frames.take(_FRAMES):
            for event in self._engine.push(frame):
                if event.type in {EventType.OPEN, EventType.ERROR}:
                    return self._engine.requested_host
        return None

    def _hand_over(self, host: str) -> None:
        self._timer.cancel()
        first = next(iter(self._namespaces.values()))
        self._protocol = self._namespaces.get(host, first).amqp_protocol()
        self._protocol.connection_made(_Remaining(self._transport, bytes(self._answered)))
        self._protocol.data_received(bytes(self._read))
        self._read.clear()


class _Remaining(asyncio.Transport):
    """A transport that does not repeat the bytes that the client already has."""

    def __init__(self, transport: asyncio.Transport, sent: bytes) -> None:
        super().__init__()
        self._transport = transport
        self._sent = sent

    def write(self, data: Any) -> None:
        """Send the bytes that the client has not."""
        known = min(len(data), len(self._sent))
        if data[:known] != self._sent[:known]:
            self._transport.abort()
            return
        self._sent = self._sent[known:]
        if rest := data[known:]:
            self._transport.write(rest)

    def close(self) -> None:
        """Close once everything is sent."""
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def pause_reading(self) -> None:
        """Stop reading from the client."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read from the client again."""
        self._transport.resume_reading()
