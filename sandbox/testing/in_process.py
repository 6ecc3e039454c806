"""Changes of this process for a block of a test, so that its clients reach the sandbox.

The environment leads clients of HTTPS. One that opens TCP itself, such as a client of AMQP, is led
by its names, and trusts certifi's authorities.
"""

import os
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

import certifi
import certifi.core
from aiohttp import connector

from sandbox.startup.sitecustomize import Names

_AIOHTTPS_CONTEXT = "_SSL_CONTEXT_VERIFIED"


@contextmanager
def environment(variables: Mapping[str, str], unset: Collection[str]) -> Iterator[None]:
    """Set `variables` and remove `unset` in the block."""
    before = {name: os.environ.get(name) for name in {*variables, *unset}}
    for name in unset:
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def led(names: Names) -> Iterator[None]:
    """Lead new connections by `names`, and trust the sandbox, in the block.

    A connection that was opened in the block stays open after it.
    """
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *options: Any, **more: Any) -> Any:
        return resolve(*names.lead(host, port), *options, **more)

    with ExitStack() as stack:
        stack.enter_context(_replaced(socket, "getaddrinfo", getaddrinfo))
        for module in (certifi, certifi.core):
            stack.enter_context(_replaced(module, "where", lambda: names.trust))
        # aiohttp makes its context once, at its import, which was before the block.
        context = _trusting(names.trust, os.stat(names.trust).st_mtime_ns)
        stack.enter_context(_replaced(connector, _AIOHTTPS_CONTEXT, context))
        yield


@lru_cache(maxsize=8)
def _trusting(authorities: str, _written_at: int) -> ssl.SSLContext:
    """Return a context for the file, which is slow to parse, once for each time it is written."""
    context = ssl.create_default_context(cafile=authorities)
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def _replaced(module: ModuleType, name: str, value: object) -> Iterator[None]:
    before = getattr(module, name, None)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
