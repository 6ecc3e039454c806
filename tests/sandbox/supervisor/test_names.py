"""The file that tells Python programs of the sandbox's names and ports."""

import json
from pathlib import Path

import pytest

from sandbox.startup import FILE
from sandbox.startup.sitecustomize import Names
from sandbox.state import State
from sandbox.supervisor.names import https_port_before, write_names


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


def test_what_is_written_is_what_the_startup_module_reads(state: State) -> None:
    write_names(state, ["b.example", "a.example"], https=1443, amqps=1671)
    names = Names(json.loads(state.path(FILE).read_text()))
    assert names.lead("a.example", 443) == ("127.0.0.1", 1443)
    assert names.lead("b.example", 5671) == ("127.0.0.1", 1671)
    assert names.trust == str(state.path("trust.pem"))


def test_without_a_namespace_no_port_is_led(state: State) -> None:
    write_names(state, ["a.example"], https=1443, amqps=0)
    names = Names(json.loads(state.path(FILE).read_text()))
    assert names.lead("a.example", 5671) == ("a.example", 5671)


def test_the_port_of_the_last_start_is_known(state: State) -> None:
    assert https_port_before(state) == 0
    write_names(state, [], https=1443, amqps=0)
    assert https_port_before(state) == 1443


@pytest.mark.parametrize("content", ["", "{", "[]", '{"ports": {"443": "x"}}', '{"ports": 1}'])
def test_a_broken_file_is_written_again(state: State, content: str) -> None:
    state.path(FILE).write_text(content)
    assert https_port_before(state) == 0
    write_names(state, [], https=1443, amqps=0)
    assert https_port_before(state) == 1443
