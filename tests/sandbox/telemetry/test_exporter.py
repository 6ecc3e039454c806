"""The pattern's own exporter against the endpoint: with the role, and without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.audit import Outcome
from sandbox.deployment import load
from sandbox.state import PROJECT, State
from tests.attacks.stack import Stack
from tests.sandbox.telemetry.conftest import Ingestion


@pytest.fixture(scope="module")
def without_role(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingestion]:
    """The same deployment, but no principal may publish."""
    folder = tmp_path_factory.mktemp("without")
    deployment = load(State.open(folder))
    others = [each for each in deployment.assignments if "/components/" not in each.scope]
    with Stack(folder, replace(deployment, assignments=tuple(others))).running() as stack:
        yield Ingestion(stack)


def run(
    ingestion: Ingestion, connection_string: str | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The log of a small service, and its last words."""
    if connection_string is None:
        connection_string = ingestion.stack.deployment.insights.connection_string
    proxy = f"http://127.0.0.1:{ingestion.stack.port}"
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HTTPS_PROXY": proxy,
        "REQUESTS_CA_BUNDLE": str(ingestion.stack.authority),
        "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string,
        "KNOWN_TOKEN": ingestion.token(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.telemetry.exporting"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[:-1], lines[-1]


def test_with_the_role_each_request_is_kept_and_the_probes_are_not(ingestion: Ingestion) -> None:
    before = len(ingestion.kept())
    log, end = run(ingestion)
    assert end == {"answers": [200] * 4, "set up": True, "threads": 1}
    kept = ingestion.kept()[before:]
    assert [(each.role, each.name, each.called("6f1d")) for each in kept] == [
        ("gateway", "GET /photos", "photo")
    ] * 3
    assert [each["trace_id"] for each in log] == [each.operation for each in kept]
    assert [each["span_id"] for each in log] == [each.id for each in kept]
    assert {each["message"] for each in log} == {"asked"}


def test_without_the_role_the_service_goes_on_and_says_so_once(without_role: Ingestion) -> None:
    log, end = run(without_role)
    assert end["answers"] == [200] * 4
    assert without_role.kept() == []
    assert [each.outcome for each in without_role.stack.audit()] == [Outcome.DENIED] * 3
    (trouble,) = [each for each in log if each["message"] != "asked"]
    assert trouble["level"] == "ERROR"
    assert "Monitoring Metrics Publisher" in trouble["message"]


def test_without_a_connection_string_nothing_is_set_up_and_nothing_sent(
    ingestion: Ingestion,
) -> None:
    before = len(ingestion.stack.audit())
    log, end = run(ingestion, connection_string="")
    assert end == {"answers": [200] * 4, "set up": False, "threads": 1}
    assert all("trace_id" not in each for each in log)
    assert len(ingestion.stack.audit()) == before


def test_an_invalid_connection_string_is_logged_and_the_service_goes_on(
    ingestion: Ingestion,
) -> None:
    log, end = run(ingestion, connection_string="InstrumentationKey=none")
    assert end["answers"] == [200] * 4
    (trouble,) = [each for each in log if each["message"] != "asked"]
    assert trouble["message"].startswith("Telemetry is off: ")


def test_only_the_component_is_spoken_to(ingestion: Ingestion) -> None:
    """The proxy would refuse Microsoft's usage counts, remote switches and live metrics."""
    before = len(ingestion.stack.audit())
    run(ingestion)
    assert {each.service for each in ingestion.stack.audit()[before:]} == {"telemetry"}
