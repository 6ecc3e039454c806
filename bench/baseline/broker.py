"""The least that the SDK accepts as Service Bus: proton, which accepts all and stores nothing.

It accepts every token and every message; a receiver gets one message over and over.
"""

import time
from collections.abc import Callable
from typing import Any

from proton import Collector, Delivery, Event, Message, Transport, symbol, timestamp
from proton import Connection as ProtonConnection

_CBS = "$cbs"
_CREDIT = 1000
_FRAME = 65536
_LOCKED_FOR = 3600


class Broker:
    """One connection: bytes in, bytes out through `write`."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._connection = ProtonConnection()
        self._collector = Collector()
        self._connection.collect(self._collector)
        self._transport = Transport(Transport.SERVER)
        self._transport.max_frame_size = _FRAME
        self._transport.sasl().allowed_mechs("ANONYMOUS")
        self._transport.require_auth(False)
        self._transport.bind(self._connection)
        self._replies: Any = None
        self._sent = 0
        self._message = _constant()
        self._does: dict[Any, Callable[[Any], None]] = {
            Event.CONNECTION_REMOTE_OPEN: lambda event: event.connection.open(),
            Event.CONNECTION_REMOTE_CLOSE: lambda event: event.connection.close(),
            Event.SESSION_REMOTE_OPEN: lambda event: event.session.open(),
            Event.SESSION_REMOTE_CLOSE: lambda event: event.session.close(),
            Event.LINK_REMOTE_OPEN: self._attached,
            Event.LINK_REMOTE_CLOSE: lambda event: event.link.close(),
            Event.LINK_FLOW: lambda event: self._feed(event.link),
            Event.DELIVERY: lambda event: self._delivered(event.link, event.delivery),
        }

    def feed(self, data: bytes) -> None:
        """Take received bytes; write the answers at once."""
        while data and (room := self._transport.capacity()) > 0:
            self._transport.push(data[:room])
            data = data[room:]
            while event := self._collector.peek():
                if does := self._does.get(event.type):
                    does(event)
                self._collector.pop()
        self._flush()

    def _flush(self) -> None:
        while (size := self._transport.pending()) > 0:
            self._write(bytes(self._transport.peek(size) or b""))
            self._transport.pop(size)

    def _attached(self, event: Any) -> None:
        link = event.link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.open()
        if link.is_receiver:
            link.flow(_CREDIT)
        elif link.remote_source.address == _CBS:
            self._replies = link

    def _feed(self, link: Any) -> None:
        if not link.is_sender or link == self._replies:
            return
        while link.credit > 0:
            self._send(link, self._message)
        link.drained()

    def _send(self, link: Any, content: bytes) -> None:
        self._sent += 1
        link.delivery(f"{self._sent:016}")
        link.send(content)
        link.advance()

    def _delivered(self, link: Any, delivery: Any) -> None:
        if link.is_sender:
            delivery.update(delivery.remote_state or Delivery.ACCEPTED)
            delivery.settle()
        elif not delivery.partial:
            content = link.recv(delivery.pending)
            link.advance()
            delivery.update(Delivery.ACCEPTED)
            delivery.settle()
            if link.credit <= _CREDIT // 2:
                link.flow(_CREDIT - link.credit)
            if link.remote_target.address == _CBS:
                self._send(self._replies, _accepted(content))


def _constant() -> bytes:
    message = Message(body=b"x" * 512, id="0" * 36)
    until = int((time.time() + _LOCKED_FOR) * 1000)
    message.annotations = {symbol("x-opt-locked-until"): timestamp(until)}
    return bytes(message.encode())


def _accepted(content: bytes) -> bytes:
    asked = Message()
    asked.decode(content)
    said = {"status-code": 202, "status-description": "Accepted"}
    return bytes(Message(correlation_id=asked.id, properties=said).encode())
