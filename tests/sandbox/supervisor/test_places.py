"""The places of a start: the ports of the last one, and sentences for those that had to change."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.commands import LOOPBACK
from sandbox.edge import Address
from sandbox.state import State
from sandbox.supervisor.listeners import Listeners
from sandbox.supervisor.places import Places
from sandbox.supervisor.ports import HeldPorts, Ports
from sandbox.supervisor.remote_services import SERVICE_PORT, RemoteServices

NOTHING: Any = None
STARTED = Listeners(LOOPBACK, NOTHING, NOTHING, NOTHING, 40001, 40002, 40443, 40003)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path)


@pytest.fixture
def held() -> Iterator[HeldPorts]:
    ports = HeldPorts()
    yield ports
    ports.close()


def test_a_start_has_the_places_of_the_last_one(state: State, held: HeldPorts) -> None:
    first = Places.of(state, ["gateway"], None, held)
    assert (first.listen.identity_port, first.listen.proxy_port) == (0, 0), "any, at first"
    assert first.keep(state, STARTED) == ()
    held.close()
    again = Places.of(state, ["gateway"], None, held)
    assert again.services == first.services
    listen = again.listen
    assert (listen.identity_port, listen.proxy_port, listen.amqps_port) == (40001, 40002, 40003)
    assert (listen.address, listen.fallback) == (LOOPBACK, True)


def test_a_port_that_another_program_has_taken_is_told(state: State, held: HeldPorts) -> None:
    Places.of(state, [], None, held).keep(state, STARTED)
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        Ports(40001, 40002, 40003, {"gateway": taken}).keep(state)
        places = Places.of(state, ["gateway"], None, held)
    got = places.services["gateway"].port
    assert got != taken
    moved = places.keep(state, replace(STARTED, proxy_port=41000))
    assert [each.partition(" has been ")[0] for each in moved] == [
        "port 40002 of the proxy",
        f"port {taken} of gateway",
    ]
    assert Ports.kept_in(state).services == {"gateway": got}


def test_a_service_that_is_not_started_keeps_its_port(state: State, held: HeldPorts) -> None:
    before = Places.of(state, ["gateway", "catalog"], None, held)
    before.keep(state, STARTED)
    Places.of(state, ["gateway"], None, held).keep(state, STARTED)
    assert set(Ports.kept_in(state).services) == {"gateway", "catalog"}


def test_a_start_without_a_namespace_keeps_the_port_of_service_bus(
    state: State, held: HeldPorts
) -> None:
    Places.of(state, [], None, held).keep(state, STARTED)
    Places.of(state, [], None, held).keep(state, replace(STARTED, amqp_port=0))
    assert Ports.kept_in(state).amqp == STARTED.amqp_port


def test_remote_services_are_reached_by_name_and_their_ports_stay(
    state: State, held: HeldPorts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    remote = RemoteServices("sandbox", tmp_path)
    places = Places.of(state, ["gateway"], remote, held)
    assert places.services == {"gateway": Address(SERVICE_PORT, "gateway")}
    assert places.keep(state, STARTED) == ()
    assert "services reach the sandbox by its proxy" in caplog.text
    assert Ports.kept_in(state) == Ports(), "those of this machine are others"
    listen = Places.of(state, ["gateway"], remote, held).listen
    assert (listen.identity_port, listen.proxy_port, listen.fallback) == (40001, 40002, False)
