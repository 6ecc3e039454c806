"""The lines that `./keyless env` prints."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cli.env import developer_variables
from sandbox.deployment import as_compiled
from sandbox.state import State
from sandbox.supervisor import Report, ServiceReport, SignInReport
from sandbox.supervisor.program_variables import service_variables
from tests.bare_report import BARE_REPORT
from tests.conftest import Running

ACCOUNT = f"https://{as_compiled().storage.host}/"


@pytest.fixture
def report() -> Report:
    """A sandbox whose gateway runs as the developer."""
    environment = {
        "WHERE_BLOBS_ARE": ACCOUNT,
        "PARTNER_WEBHOOK_URL": "https://partner.example.com/",
        "STORAGE_ORIGINALS_CONTAINER": "originals",
        "AZURE_TOKEN_CREDENTIALS": "dev",
        "PATH": "/the/services/own",
    }
    return replace(
        BARE_REPORT,
        gallery="http://127.0.0.1:1",
        proxy="http://127.0.0.1:2",
        amqp_port=3,
        ca="/state/ca.pem",
        services=(ServiceReport("gateway", "url", "ready", 0, environment),),
        sign_in=SignInReport("http://127.0.0.1:4/device", "key", az="az"),
    )


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


def test_the_services_path_stays_theirs(report: Report, state: State) -> None:
    assert "PATH" not in service_variables(report, "gateway", state)
    assert "PATH" not in developer_variables(report, state)


def test_a_shell_in_the_developers_shoes_takes_the_azure_cli_and_nothing_else(
    report: Report, state: State
) -> None:
    found = developer_variables(report, state)
    assert found["AZURE_TOKEN_CREDENTIALS"] == "AzureCliCredential"
    assert found["WHERE_BLOBS_ARE"] == ACCOUNT
    assert found["AZURE_CONFIG_DIR"] == str(state.path("azure-cli"))
    # The variables of one service alone make no one the developer.
    assert not {"STORAGE_ORIGINALS_CONTAINER", "PARTNER_WEBHOOK_URL"} & found.keys()


def test_the_key_is_in_the_address_that_is_meant_for_a_person_alone(report: Report) -> None:
    assert report.sign_in.address == "http://127.0.0.1:4/device?key=key"
    assert "key='key'" not in repr(report)


def test_a_shell_loses_the_proxy_that_it_names_in_small_letters(sandbox: Running) -> None:
    """Python's libraries prefer it to the one in upper case, and would miss the sandbox."""
    lines = sandbox.run("env", "notifier").stdout
    shell = f'{lines}\nprintf \'%s %s\' "${{https_proxy-none}}" "$HTTPS_PROXY"'
    there = {**os.environ, "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        ["sh", "-c", shell], env=there, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"none {sandbox.report.shell_proxy}"


def test_a_client_that_opens_tcp_itself_is_told_where(report: Report, state: State) -> None:
    for found in (service_variables(report, "gateway", state), developer_variables(report, state)):
        assert found["KEYLESS_SERVICEBUS_ADDRESS"] == "127.0.0.1:3"


def test_the_lines_say_what_a_client_of_service_bus_needs_and_a_shell_takes_them(
    sandbox: Running,
) -> None:
    lines = sandbox.run("env", "notifier").stdout
    assert lines.startswith("# Python needs nothing more: ServiceBusClient(namespace, credential)")
    shell = f'{lines}\nprintf %s "$KEYLESS_SERVICEBUS_ADDRESS"'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout == f"127.0.0.1:{sandbox.report.amqp_port}"
