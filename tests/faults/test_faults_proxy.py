"""On a company's machine every variable names its proxy, and the sandbox never uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import keyless

CLOSED_PORT = "http://127.0.0.1:9"


@contextmanager
def up(state: Path, environment: dict[str, str]) -> Iterator[None]:
    started = keyless(state, "up", "--detach", "--port", "0", **environment)
    assert started.returncode == 0, started.stderr
    try:
        yield
    finally:
        keyless(state, "down")


@pytest.mark.parametrize("kind", [CLOSED_PORT, "socks5h://127.0.0.1:9"])
def test_everything_works_beside_a_proxy_that_does_not_answer(tmp_path: Path, kind: str) -> None:
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    environment = dict.fromkeys(names, kind) | {"no_proxy": "intranet.example"}
    with up(tmp_path, environment):
        for command in (
            ["demo", "--exit"],
            ["status"],
            ["doctor"],
            ["trace"],
            ["sign-in", "--approve", "--stand-in"],
            ["rotate"],
            ["redrive", "catalog"],
        ):
            done = keyless(tmp_path, *command, **environment)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
