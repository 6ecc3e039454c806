"""A recreated identity, and its roles, that a running sandbox cannot put into force."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
import typer

from cli.recreate import deploy, recreate
from cli.terminal import fail
from sandbox.deployment import PRINCIPALS, load
from sandbox.deployment import recreate as recreate_identity
from sandbox.state import State

COMMANDS = {"recreate": lambda root: recreate("gateway", root), "deploy": deploy}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_ids_that_the_running_sandbox_refuses_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[Path], None]
) -> None:
    state = State.open(tmp_path)
    recreate_identity(state, load(state).principal("gateway").resource_id)
    before = state.path(PRINCIPALS).read_bytes()

    def refuse(*_: object) -> NoReturn:
        assert state.path(PRINCIPALS).read_bytes() != before, "the sandbox loads the new ids"
        fail("nothing was changed, since the sandbox failed: its disk is full")

    monkeypatch.setattr("cli.recreate.holder", lambda _: 1)
    monkeypatch.setattr("cli.recreate.ask", refuse)
    with pytest.raises(typer.Exit):
        command(tmp_path)
    assert state.path(PRINCIPALS).read_bytes() == before
