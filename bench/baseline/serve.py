"""A process that runs the baseline's servers behind an edge, until stdin ends."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from bench.baseline import constant
from bench.baseline.broker import Broker
from bench.bound.bus import Bound, Kept
from sandbox.audit import FILE, Audit, Gate
from sandbox.edge import AmqpListener, Certificate, Edge
from sandbox.rbac import Policy
from sandbox.state import State

_PATH = "/$servicebus/websocket"
_SUBPROTOCOL = "AMQPWSB10"

_Kind = Callable[[Callable[[bytes], None]], Broker]


class _Amqp(asyncio.Protocol):
    def __init__(self, kind: _Kind) -> None:
        self._kind = kind

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TLS is one
        self._broker = self._kind(transport.write)

    def data_received(self, data: bytes) -> None:
        self._broker.feed(data)


def _websocket(kind: _Kind) -> web.Application:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(_SUBPROTOCOL,), compress=False)
        await socket.prepare(request)
        out = bytearray()
        broker = kind(out.extend)
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                break
            broker.feed(message.data)
            if out:
                await socket.send_bytes(bytes(out))
                out.clear()
        return socket

    made = web.Application()
    made.router.add_get(_PATH, handle)
    return made


async def _run(asked: dict[str, Any]) -> None:
    state = State.open(Path(asked["state"]))
    kept = state.path("bound.sqlite")
    kind = partial(Bound, Kept(kept)) if asked["broker"] == "bound" else Broker
    routes = {asked["bus"]: _websocket(kind), asked["vault"]: constant.application()}
    certificate = Certificate.keep(state, routes)
    gate = Gate(Policy([]), Audit(state.path(FILE)))
    async with AsyncExitStack() as stack:
        edge = Edge(routes, certificate, gate)
        stack.push_async_callback(edge.stop)
        amqp = AmqpListener(partial(_Amqp, kind), certificate)
        stack.push_async_callback(amqp.stop)
        said = {
            "proxy": f"http://127.0.0.1:{await edge.start()}",
            "ca": str(certificate.authority),
            "amqp_port": amqp.start(),
        }
        print(json.dumps(said), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.stdin.readline())))
