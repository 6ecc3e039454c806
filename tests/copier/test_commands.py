"""Each command with other names than ours: it takes them, or says that it is the sample's."""

import json
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.partner import Delivery
from sandbox.partner.journal import FILE, read
from tests.copier.project import OURS, Project

NAMES_NO_PAPER = """
import os
from azure.servicebus import ServiceBusMessage
from services.common.bus import open_client
from services.common.credential import open_credential
credential = open_credential(os.environ["AZURE_CLIENT_ID"])
with (
    open_client(os.environ["WORK_NAMESPACE"], credential) as client,
    client.get_queue_sender(os.environ["WORK_QUEUE"]) as sender,
):
    sender.send_messages(ServiceBusMessage(b"{}"))
"""
PDF = b"%PDF-1.4\n1 0 obj << /Type /Page >> endobj\n%%EOF\n"


def send(project: Project, content: bytes = PDF) -> str:
    answer = requests.put(f"{project.report.gallery}/papers", data=content, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["paper"])


def callbacks(project: Project, paper: str) -> list[Delivery]:
    """Return the callbacks about one paper, once there are any."""
    deadline = time.monotonic() + 100
    while True:
        found = [each for each in read(project.state.path(FILE)) if each.id == paper]
        if any(each.verified for each in found):
            return found
        assert time.monotonic() < deadline, "no callback came"
        time.sleep(0.1)


def test_what_comes_in_is_read_and_told_under_the_key_that_the_clerk_set(project: Project) -> None:
    [callback] = callbacks(project, send(project))
    assert json.loads(callback.body)["pages"] == 1
    first = json.loads(project.keyless("trace", "--json").stdout.splitlines()[0])
    assert first["identity"] == "clerk"
    assert first["scope"].endswith("/secrets/callback-key")


def test_who_may_what_is_told_of_the_deployment(project: Project) -> None:
    listed = project.keyless("access").stdout
    assert "Paper Dropper on containers/inbox" in listed
    assert [name for name in OURS if name in listed] == []
    assert project.keyless("explain", "reader", "blobs/read", "inbox").returncode == 0
    assert project.keyless("explain", "intake", "blobs/read", "inbox").returncode == 1


def test_status_names_the_services(project: Project) -> None:
    status = json.loads(project.keyless("status", "--json").stdout)
    assert {each["name"]: each["state"] for each in status["services"]} == {
        "intake": "ready",
        "reader": "ready",
    }


def test_doctor_uses_each_right_whatever_the_variables_are_called(project: Project) -> None:
    done = project.keyless("doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    met = {each["who"]: len(each["met"]) for each in json.loads(done.stdout)}
    assert met == {"intake": 2, "reader": 3}


def test_a_rotated_key_is_taken_up_and_told_by_its_names(project: Project) -> None:
    callbacks(project, send(project))
    done = project.keyless("rotate")
    assert done.returncode == 0, done.stderr
    assert {"clerk", "callback-key", "reader"} <= set(done.stdout.replace("\n", " ").split())
    assert [each.answer for each in callbacks(project, send(project))] == ["401", "204"]


def test_the_way_of_a_paper_is_found_by_its_id(project: Project) -> None:
    paper = send(project)
    callbacks(project, paper)
    deadline = time.monotonic() + 100
    # Each service sends its telemetry for itself, so either may come first.
    parts = ("PUT /inbox/<paper>", "reader process to-read")
    while True:
        trace = project.keyless("trace", "--about", paper)
        if all(part in trace.stdout for part in parts):
            return
        assert time.monotonic() < deadline, trace.stdout + trace.stderr
        time.sleep(1)


def test_dead_letters_are_handled_again(project: Project) -> None:
    sent = project.keyless("as", "intake", "--", sys.executable, "-c", NAMES_NO_PAPER)
    assert sent.returncode == 0, sent.stderr
    deadline = time.monotonic() + 100
    while project.report.dead_letters["queues/to-read"] != 1:
        assert time.monotonic() < deadline, project.report.dead_letters
        time.sleep(0.2)
    done = project.keyless("redrive", "reader")
    assert done.returncode == 1
    assert "reader: 0 dead letters handled, 1 left" in done.stdout
    assert "The message names no paper." in done.stdout


def test_a_worker_without_the_module_is_told_from_one_without_the_right(project: Project) -> None:
    module = project.root / "services" / "reader" / "redrive.py"
    aside = module.rename(module.with_suffix(".aside"))
    try:
        lacking = project.keyless("redrive", "reader").stderr
    finally:
        aside.rename(module)
    assert "may receive from queues/to-read, but needs a services/reader/redrive.py" in lacking
    assert "intake may receive from no queue" in project.keyless("redrive", "intake").stderr


def test_people_are_those_whom_the_deployment_names(project: Project) -> None:
    account = f"https://{project.deployment.storage.host}/"
    clerk = json.loads(project.keyless("env", "clerk", "--json").stdout)
    assert (clerk["PAPERS_ACCOUNT"], "CALLBACK_URL" in clerk) == (account, False)
    done = project.keyless("as", "reader", "--", "printenv", "WORK_QUEUE")
    assert done.stdout == "to-read\n"
    for command in (
        ["env", "developer"],
        ["as", "developer", "--", "true"],
        ["doctor", "developer"],
    ):
        printed = project.keyless(*command).stderr
        assert printed.startswith(
            "keyless: no identity is called 'developer'; choose from intake"
        ), printed
    assert (
        "unknown user 'operator'; the deployment's users: clerk"
        in project.keyless("sign-in", "--as", "operator").stderr
    )
    assert "DEVELOPER_PRINCIPAL_ID" in project.keyless("up", "--as", "developer").stderr


@pytest.mark.parametrize("command", ["demo", "soak", "bench"])
def test_what_puts_photos_through_says_that_it_is_the_samples(
    project: Project, command: str
) -> None:
    done = project.keyless(command)
    assert done.returncode == 64
    assert f"{command} needs the sample's services, and this" in done.stderr
    assert "this deployment has intake, reader" in done.stderr


def test_a_report_says_that_the_questions_are_the_samples(project: Project, tmp_path: Path) -> None:
    values = tmp_path / "values.env"
    values.write_text(
        "AZURE_ENV_NAME=papers\nAZURE_RESOURCE_GROUP=rg-papers\n"
        "AZURE_SUBSCRIPTION_ID=5ab5c21b-0000-4000-8000-000000000000\n"
    )
    given = ["--yes", "--env-file", str(values), "--output", str(tmp_path / "report.md")]
    done = project.keyless("report", *given)
    assert done.returncode == 0, done.stderr
    assert "need the sample's entities, and this deployment has others" in done.stdout
