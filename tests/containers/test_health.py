"""The health checks of docker-compose.yml, run here, with servers in the place of the services."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox.supervisor.remote_services import IDENTITY_PORT, SERVICE_PORT
from tests.conftest import Running
from tests.containers.compose import services
from tests.containers.health import Health, seconds

ALL = services() | services("azure")
_NOBODY = 9
_TRIES = 20


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: its status, and the length of each sleep."""

    status: int
    slept: Sequence[str]


Check = Callable[..., Checked]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run a container's check with its /tmp here, where it only notes that it would sleep.

    `ports` are of the stand-ins for the service and for the endpoint that gives tokens.
    `state` is the sandbox's state folder.
    """
    naps = tmp_path / "naps"
    sleep = tmp_path / "bin" / "sleep"
    sleep.parent.mkdir()
    sleep.write_text(f'#!/bin/sh\necho "$1" >>{naps}\n')
    sleep.chmod(0o755)
    proxy = "http://127.0.0.1:9"  # which Docker's own settings may give each container
    environment = {"PATH": f"{sleep.parent}:{os.environ['PATH']}", "http_proxy": proxy}

    def run(name: str, state: Path = tmp_path, **ports: int) -> Checked:
        naps.write_text("")
        service, identity = (str(ports.get(each, _NOBODY)) for each in ("service", "identity"))
        command = [
            each.replace("/tmp/", f"{tmp_path}/")  # noqa: S108
            .replace("/state/", f"{state}/")
            .replace("python", sys.executable)
            .replace("reaches sandbox", "reaches 127.0.0.1")
            .replace(str(SERVICE_PORT), service)
            .replace(str(IDENTITY_PORT), identity)
            for each in ALL[name]["healthcheck"]["test"][1:]
        ]
        variables = environment | {"KEYLESS_STATE": str(state)}
        done = subprocess.run(command, env=variables, capture_output=True, check=False)
        return Checked(done.returncode, naps.read_text().split())

    return run


@contextmanager
def answering(*statuses: int) -> Iterator[int]:
    """A port of loopback at which each request is answered in turn, the last answer for good."""
    left = list(statuses)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=[0.01]).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@pytest.mark.parametrize("name", ALL)
def test_a_container_says_how_it_is(name: str) -> None:
    check = ALL[name]["healthcheck"]
    assert check["test"][:3] == ["CMD", "bash", "-c"]
    assert set(check) == {"test", "interval", "timeout", "retries", "start_period"}
    assert {each: check[each] for each in ("interval", "timeout", "retries")} == {
        "interval": "1s",
        "timeout": "30s",
        "retries": 3,
    }


def test_what_answers_well_is_healthy_at_once(check: Check) -> None:
    with answering(200) as port:
        assert check("azure-gateway", service=port) == Checked(0, [])
    with answering(200) as port:
        assert check("azure-identity", identity=port).status == 0


def test_a_check_waits_until_the_service_is_ready(check: Check) -> None:
    with answering(503, 500, 200) as port:
        assert check("azure-gateway", service=port) == Checked(0, ["0.25", "0.25"])


@pytest.mark.parametrize("status", [503, 404, 302])
def test_a_service_that_does_not_get_ready_is_not_healthy(check: Check, status: int) -> None:
    with answering(status) as port:
        assert check("azure-gateway", service=port) == Checked(1, ["0.25"] * _TRIES)
    assert check("azure-gateway").status == 1


def test_a_check_sleeps_where_the_service_was_healthy_before(check: Check) -> None:
    """So that an idle container is asked every 15 seconds, in spite of its interval."""
    with answering(200) as port:
        check("azure-gateway", service=port)
        assert check("azure-gateway", service=port) == Checked(0, ["14"])
    assert check("azure-gateway") == Checked(1, ["14", *["0.25"] * _TRIES])


def test_a_service_is_not_healthy_without_the_sandbox_however_ready_it_was(check: Check) -> None:
    with answering(200) as port:
        assert check("gateway", service=port).status == 1
        assert check("gateway", service=port, identity=port).status == 0


def test_a_check_ends_before_the_engine_ends_it() -> None:
    longest = 14 + _TRIES * 0.25
    for each in ALL.values():
        assert longest < seconds(each["healthcheck"]["timeout"])


def test_the_sandbox_is_healthy_once_it_has_a_report_and_its_endpoints(
    check: Check, sandbox: Running, tmp_path: Path
) -> None:
    assert check("sandbox", state=sandbox.state.root) == Checked(0, [])
    (tmp_path / "healthy").unlink()
    assert check("sandbox", state=tmp_path).status == 1


def test_an_engine_counts_failures_after_the_start_period_or_once_it_was_healthy() -> None:
    statuses: Iterator[int | None] = iter([1, 1, 1, 0, 1, 1, None])
    states: list[str] = []

    def ask(command: list[str], timeout: float) -> int | None:
        states.append(health.state)
        return next(statuses)

    quick = {"test": ["CMD", "true"], "interval": "0s", "timeout": "1s", "retries": 2}
    health = Health(quick | {"start_period": "1h"}, ask)
    health.run()
    assert states == [*["starting"] * 4, "healthy", "healthy", "unhealthy"]
    assert health.state == "unhealthy"


@pytest.mark.parametrize(("duration", "long"), [("2m", 120), ("1m30s", 90), ("250ms", 0.25)])
def test_a_duration_is_read_as_compose_writes_it(duration: str, long: float) -> None:
    assert seconds(duration) == long
