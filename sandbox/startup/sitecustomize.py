"""Leads this Python to the sandbox, for the host names of one deployment and no others.

Python imports this module at its start, since `./keyless as` and `./keyless env` put its folder on
PYTHONPATH. A client that opens TCP itself, such as one of AMQP, then reaches the sandbox under
Azure's names, and trusts its authority. The file that KEYLESS_NAMES names has the names and ports.

It runs in the user's environments, from Python 3.8 on, with the standard library alone: newer
syntax may stand in annotations only. Every Python of the shell starts with it, so it imports next
to nothing, and reads the file when a program first imports `socket`.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from typing import Any

_VARIABLE = "KEYLESS_NAMES"
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_SERVICES = {"https": "443", "amqps": "5671"}


class Names:
    """The deployment's host names, and the sandbox's port for each of Azure's."""

    def __init__(self, written: dict[str, Any]) -> None:
        """`written` is the file's content. Raises LookupError or TypeError if it is another's."""
        self.hosts: frozenset[str] = frozenset(written["hosts"])
        self.address: str = written["address"]
        self.ports: dict[str, int] = dict(written["ports"])
        self.trust: str = written["trust"]

    def lead(self, host: Any, port: Any) -> tuple[Any, Any]:
        """Return the sandbox's address for a host and port of the deployment, else the same."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if not isinstance(name, str) or name.lower().rstrip(".") not in self.hosts:
            return host, port
        number = port.decode("ascii", "replace") if isinstance(port, bytes) else str(port)
        led = self.ports.get(_SERVICES.get(number, number))
        return (host, port) if led is None else (self.address, led)


def start() -> None:
    """Change this process; without a file of names, leave it as it is."""
    path = os.environ.get(_VARIABLE)
    if not path:
        return
    after = _AfterImport(path)
    sys.meta_path.insert(0, after)
    if "socket" in sys.modules:
        after.change("socket", sys.modules["socket"])


def _read(path: str) -> Names | None:
    import json  # noqa: PLC0415 - as late as possible

    try:
        with open(path, encoding="utf-8") as file:
            return Names(json.load(file))
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"keyless: no connection is led to the sandbox: {path}: {error}", file=sys.stderr)
        return None


def _lead(module: Any, names: Names) -> None:
    """Lead the connections of Python's `socket`, or of a module that takes its place."""
    resolve = module.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *options: Any, **more: Any) -> Any:
        return resolve(*names.lead(host, port), *options, **more)

    module.getaddrinfo = getaddrinfo


def _lead_uvloop(module: Any, names: Names) -> None:
    """Lead uvloop, too, which resolves names without Python's `socket`."""
    loop = module.Loop
    connect, resolve = loop.create_connection, loop.getaddrinfo

    async def create_connection(
        self: Any, protocol: Any, host: Any = None, port: Any = None, **more: Any
    ) -> Any:
        if more.get("ssl") and more.get("server_hostname") is None:
            more["server_hostname"] = host
        return await connect(self, protocol, *names.lead(host, port), **more)

    async def getaddrinfo(self: Any, host: Any, port: Any, **more: Any) -> Any:
        return await resolve(self, *names.lead(host, port), **more)

    loop.create_connection, loop.getaddrinfo = create_connection, getaddrinfo


def _trust(certifi: Any, names: Names) -> None:
    """Let certifi name the file with the machine's authorities and the sandbox's."""

    def where() -> str:
        return names.trust

    def contents() -> str:
        with open(names.trust, encoding="ascii") as file:
            return file.read()

    for module in (certifi, certifi.core):
        module.where, module.contents = where, contents


_CHANGES: dict[str, Callable[[Any, Names], None]] = {
    "socket": _lead,
    "certifi": _trust,
    "gevent._socketcommon": _lead,
    "uvloop": _lead_uvloop,
}


class _AfterImport:
    """A finder that changes a module as soon as a program imports it, and imports none itself."""

    def __init__(self, path: str) -> None:
        """`path` is the file of names, which is read for the first module to change."""
        self._path = path
        self._names: Names | None = None
        self._is_read = False

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Return the spec of a module to change, and None for any other."""
        spec = PathFinder.find_spec(name, path, target) if name in _CHANGES else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            self.change(name, module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def change(self, name: str, module: Any) -> None:
        """Change a module that was just imported, if there is a file of names."""
        if not self._is_read:
            self._is_read = True
            self._names = _read(self._path)
        if self._names is not None:
            _CHANGES[name](module, self._names)


def run_next() -> None:
    """Run the `sitecustomize` that this one hides: the user's, a distribution's or a tool's."""
    others = [each for each in sys.path if os.path.abspath(each) != _FOLDER]
    spec = PathFinder.find_spec(__name__, others)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec  # noqa: PLC0415 - only where there is one

    module = module_from_spec(spec)
    sys.modules[__name__] = module
    spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    start()
    run_next()
