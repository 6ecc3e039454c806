"""Run the services as local processes and report their state."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from local.azd_values import Values
from local.services import program
from sandbox.deployment import Deployment, app_names, as_compiled
from sandbox.edge import Address
from sandbox.state import State
from sandbox.supervisor import END_SIGNALS, Child
from sandbox.supervisor.ports import HeldPorts
from sandbox.supervisor.services import Readiness, readiness

GALLERY_PORT = 8080

_PAUSE = 0.5
# Variables that would give a service another identity than the developer's sign-in.
_OF_IDENTITIES = ("AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "IDENTITY_HEADER")


@dataclass(frozen=True)
class ServiceState:
    """The readiness of a service, and the end of its log if it has crashed."""

    name: str
    readiness: Readiness
    ended: str = ""


OnChange = Callable[[ServiceState], None]


def environments(
    values: Values, ports: Mapping[str, int], surroundings: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return the environment of each service, as the developer. Raises ValuesError.

    The deployment's variables for identity and for the services' addresses are left out: here the
    identity is the developer, and the addresses are local. `surroundings` are the variables of the
    user's shell, such as the sign-in and a proxy.
    """
    around = {name: value for name, value in surroundings.items() if name not in _OF_IDENTITIES}
    around.setdefault("AZURE_TOKEN_CREDENTIALS", "dev")
    around |= _without_proxy(around)
    here = _addresses(as_compiled(), ports)
    return {name: around | values.settings(name) | here[name] for name in app_names()}


def _addresses(deployment: Deployment, ports: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """Return the settings that hold other services' addresses, as local addresses."""
    hosts = {each.ingress.host: each.name for each in deployment.apps if each.ingress}
    return {
        app.name: {
            name: f"http://127.0.0.1:{ports[hosts[host]]}"
            for name, value in app.environment.items()
            if (host := urlsplit(value).hostname) in hosts
        }
        for app in deployment.apps
    }


def _without_proxy(around: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep local calls between services off the proxy."""
    known = around.get("no_proxy") or around.get("NO_PROXY", "")
    return dict.fromkeys(("NO_PROXY", "no_proxy"), f"{known},127.0.0.1,localhost".lstrip(","))


def choose_ports(gallery: int | None, held: HeldPorts) -> dict[str, int]:
    """Hold a port for each service; the public one gets `gallery`, or 8080 if it is free.

    Raises OSError if `gallery` is taken.
    """
    first = held.take(GALLERY_PORT if gallery is None else gallery)
    if gallery and first != gallery:
        raise OSError(f"port {gallery} is taken; choose another with --port")
    return {name: held.take() for name in app_names()} | dict.fromkeys(public(), first)


def public() -> tuple[str, ...]:
    """Return the services that a browser reaches: one, or none."""
    apps = as_compiled().apps
    return tuple(each.name for each in apps if each.ingress and each.ingress.external)[:1]


async def run(values: Values, ports: Mapping[str, int], state: State, on_change: OnChange) -> None:
    """Run the services until one of END_SIGNALS; call `on_change` with each change."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in END_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop.set)
    variables = environments(values, ports, os.environ)
    children = {
        name: Child(program(name, ports[name], variables[name], state)) for name in variables
    }
    async with AsyncExitStack() as stack:
        for child in children.values():
            stack.push_async_callback(child.stop)
        await asyncio.gather(*(child.start() for child in children.values()))
        await _watch(children, ports, stop, on_change)


async def _watch(
    children: Mapping[str, Child],
    ports: Mapping[str, int],
    stop: asyncio.Event,
    on_change: OnChange,
) -> None:
    seen: dict[str, ServiceState] = {}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while not stop.is_set():
            for name, child in children.items():
                found = await readiness(session, Address(ports[name]))
                ended = child.exit_reason if child.restarts and not found.ready else ""
                now = ServiceState(name, found, ended)
                if seen.get(name) != now:
                    seen[name] = now
                    on_change(now)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _PAUSE)
