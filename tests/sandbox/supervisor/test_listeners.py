"""The listeners of a start: the ports that they may change, and the warning about others."""

import asyncio
import socket
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.commands import LOOPBACK
from sandbox.deployment import Deployment, as_compiled
from sandbox.state import State
from sandbox.supervisor.listeners import Listeners, start_listeners, warn_if_not_by_name
from sandbox.supervisor.planes import build
from sandbox.supervisor.ports import HeldPorts, PortTakenError
from sandbox.supervisor.remote_services import PORTS, ListenAddress


def started(folder: Path, listen: ListenAddress, *, namespaces: bool = True) -> Listeners:
    """Start the listeners of a sandbox without accounts, and stop them again."""

    async def whole() -> Listeners:
        state, compiled = State.open(folder), as_compiled()
        kept = compiled.namespaces if namespaces else ()
        deployment: Deployment = replace(compiled, accounts=(), namespaces=kept)
        headers = {app.name: app.name for app in deployment.apps}
        planes = build(state, deployment, [], headers)
        async with AsyncExitStack() as stack:
            stack.callback(planes.close)
            return await start_listeners(stack, state, planes, planes.routes(), listen)

    return asyncio.run(whole())


def free_ports(count: int) -> list[int]:
    with closing(HeldPorts()) as held:
        return [held.take() for _ in range(count)]


def test_the_listeners_get_the_ports_that_are_asked_for_and_are_named_by_them(
    tmp_path: Path,
) -> None:
    identity, proxy, https, amqp = free_ports(4)
    found = started(tmp_path, ListenAddress("127.0.0.1", LOOPBACK, identity, proxy, https, amqp))
    ports = found.identity_port, found.proxy_port, found.https_port, found.amqp_port
    assert ports == (identity, proxy, https, amqp)
    environment = found.environment()
    assert environment.identity_endpoint.startswith(f"http://127.0.0.1:{identity}/")
    assert environment.proxy == found.proxy == f"http://127.0.0.1:{proxy}"
    assert environment.ca == found.certificate.authority


def test_a_deployment_without_a_namespace_listens_for_no_amqp(tmp_path: Path) -> None:
    assert started(tmp_path, ListenAddress(), namespaces=False).amqp_port == 0
    assert started(tmp_path, ListenAddress()).amqp_port > 0


def test_a_taken_port_is_replaced_only_where_services_learn_of_it(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        found = started(tmp_path, ListenAddress(proxy_port=taken, fallback=True))
        assert found.proxy_port not in {0, taken}
        with pytest.raises(PortTakenError, match="services on other machines") as refused:
            started(tmp_path, ListenAddress(proxy_port=taken))
    assert str(tmp_path / PORTS) in str(refused.value), "it says which file to delete"


def test_a_stranger_s_https_and_amqps_never_stop_a_start(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        found = started(tmp_path, ListenAddress(https_port=taken, amqps_port=taken))
    assert {found.https_port, found.amqp_port}.isdisjoint({0, taken})


def test_services_are_warned_of_only_if_azures_names_do_not_reach_the_sandbox(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nothing: Any = None
    by_name = Listeners(LOOPBACK, nothing, nothing, nothing, 1, 2, 443, 5671)
    warn_if_not_by_name(by_name)
    warn_if_not_by_name(replace(by_name, amqp_port=0))  # there is no namespace to reach
    assert not caplog.records
    warn_if_not_by_name(replace(by_name, https_port=40443))
    assert "and not under Azure's names" in caplog.text
