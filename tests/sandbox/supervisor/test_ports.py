"""The ports of a sandbox outlive a restart, unless another program has taken one."""

import socket
from pathlib import Path

import pytest

from sandbox.state import State
from sandbox.supervisor.ports import FILE, Ports

PORTS = Ports(identity=40001, proxy=40002, amqp=40003, services={"gateway": 40004})


def test_the_next_start_has_the_ports_of_the_last(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    assert Ports.kept_in(state) == Ports(), "a first start takes free ones"
    PORTS.keep(state)
    assert Ports.kept_in(state) == PORTS
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_a_service_whose_port_is_taken_gets_another(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_server(("127.0.0.1", 0)) as gone,
    ):
        taken, free = other.getsockname()[1], gone.getsockname()[1]
        gone.close()
        kept = Ports(services={"gateway": taken, "catalog": free})
        found = kept.of_services(["gateway", "catalog", "notifier"])
    assert found["gateway"] not in {taken, 0}
    assert found["catalog"] == free
    assert found["notifier"]


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
