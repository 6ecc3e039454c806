"""The ports of a sandbox outlive a restart, unless another program has taken one."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.state import State
from sandbox.supervisor.ports import FILE, HeldPorts, Ports, is_taken

PORTS = Ports(identity=40001, proxy=40002, amqp=40003, services={"gateway": 40004})


def test_the_next_start_has_the_ports_of_the_last(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    assert Ports.kept_in(state) == Ports(), "a first start takes free ones"
    PORTS.keep(state)
    assert Ports.kept_in(state) == PORTS
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other systems bind by other rules")


@pytest.fixture
def held() -> Iterator[HeldPorts]:
    ports = HeldPorts()
    yield ports
    ports.close()


def listens(port: int) -> bool:
    """Return whether a server could listen on a port, as gunicorn and Node.js ask for it."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
            server.listen()
        except OSError:
            return False
        return True


def test_a_service_gets_the_port_it_had_unless_it_is_taken(held: HeldPorts) -> None:
    free, before = held.take(), HeldPorts()
    assert before.take(free) == free
    before.close()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert is_taken(taken)
        found = held.take(taken)
    assert found not in {taken, free}
    assert listens(found)


@LINUX
def test_a_port_that_a_clients_end_still_has_is_not_given_to_a_service(held: HeldPorts) -> None:
    """It refuses connections, and yet no server can listen there for a minute."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            port = client.getsockname()[1]
            accepted, _ = server.accept()
            assert not listens(port), "open"
            assert is_taken(port)
        accepted.close()
        assert not listens(port), "in TIME_WAIT"
        assert is_taken(port)
        assert held.take(port) != port


@LINUX
def test_a_port_is_held_until_its_program_listens(held: HeldPorts) -> None:
    """Nobody else who asks for any port gets it, and its program does."""
    port = held.take()
    assert listens(port)
    assert not is_taken(port)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    assert held.replace(port) != port


def test_each_port_that_moved_is_named_with_its_new_one() -> None:
    now = Ports(identity=50001, proxy=40002, amqp=40003, services={"gateway": 50004})
    identity, gateway = PORTS.moved(now)
    assert "port 40001 of the identity endpoint" in identity
    assert "it is 50001 now" in identity
    assert "port 40004 of gateway" in gateway
    assert Ports().moved(now) == (), "nothing has moved at the first start"
    assert PORTS.moved(PORTS) == ()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "3",
        '{"proxy": "x"}',
        '{"proxy": 70000}',
        '{"proxy": 1e9}',
        '{"services": 1}',
        '{"services": {"a": -1}}',
    ],
)
def test_ports_that_cannot_be_read_are_no_new_ones(tmp_path: Path, content: str) -> None:
    state = State.open(tmp_path)
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ValueError, match=r"ports\.json is broken.*open shells"):
        Ports.kept_in(state)
