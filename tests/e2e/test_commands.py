"""The command line, as a person and a script use it."""

import json
import os
import re
import socket
import stat
from pathlib import Path

import pytest

from sandbox.audit import FILE, Outcome, read
from sandbox.state import PROJECT, State
from sandbox.supervisor import running
from tests.conftest import Running, keyless, keyless_process


def processes_with(text: str) -> list[str]:
    """The command lines and environments of running processes that speak of `text`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            content = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in content and int(process.name) != os.getpid():
            found.append(content.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


@pytest.fixture(scope="module")
def after_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[State, str]:
    """A state folder on which the demo has run, as in a terminal of its own; and its output."""
    state = tmp_path_factory.mktemp("demo")
    done = keyless_process(state, "demo", "--exit", "--port", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    return State.open(state), done.stdout


def test_the_demo_shows_the_walk_and_one_denial(after_demo: tuple[State, str]) -> None:
    _, output = after_demo
    assert output.count("thumbnail 480 x 320") == 3
    assert "rejected: " in output
    assert "verified 4 webhooks" in output
    assert "403 AuthorizationPermissionMismatch" in output


def test_the_readme_shows_what_the_demo_prints(after_demo: tuple[State, str]) -> None:
    """Apart from figures, and from the lines that a line of … stands for."""
    readme = (PROJECT / "README.md").read_text()
    shown = readme.partition("$ ./keyless demo\n")[2].partition("\n```")[0]

    def lines(text: str) -> list[str]:
        return [re.sub(r"[0-9]+", "0", line.rstrip()) for line in text.splitlines() if line.strip()]

    printed = iter(lines(after_demo[1]))
    assert [line for line in lines(shown) if line != "…" and line not in printed] == []


def test_the_demo_meets_one_denial_and_no_more(after_demo: tuple[State, str]) -> None:
    state, _ = after_demo
    denied = [each for each in read(state.path(FILE)) if each.outcome is Outcome.DENIED]
    (only,) = denied
    assert only.identity == "gateway"
    assert only.scope.endswith("/containers/originals")


def test_the_demo_leaves_no_process_behind(after_demo: tuple[State, str]) -> None:
    state, _ = after_demo
    assert running(state) is None
    assert processes_with(str(state.root)) == []


def test_what_the_sandbox_keeps_is_private_to_the_user(after_demo: tuple[State, str]) -> None:
    state, _ = after_demo
    assert stat.S_IMODE(state.root.stat().st_mode) == 0o700
    others = stat.S_IRWXG | stat.S_IRWXO
    readable = [each for each in state.root.rglob("*") if each.lstat().st_mode & others]
    assert [each for each in readable if not each.is_symlink()] == []


def test_no_token_and_no_key_is_in_a_log_or_in_the_audit(after_demo: tuple[State, str]) -> None:
    state, _ = after_demo
    key = json.loads(state.path("partner.json").read_text())["key"]
    logs = [state.path(FILE), state.path("sandbox.log"), *state.folder("logs").iterdir()]
    for log in logs:
        text = log.read_text()
        assert "eyJ" not in text, log
        assert key not in text, log


def test_a_second_sandbox_runs_beside_the_first_and_ends_alone(
    sandbox: Running, tmp_path: Path
) -> None:
    taken = sandbox.report.gallery.rsplit(":", 1)[-1]
    refused = keyless_process(tmp_path, "up", "--detach", "--port", taken)
    assert refused.returncode == 69
    assert f"port {taken} is taken" in refused.stderr

    up = ("up", "--detach", "--port", "0", "--only", "gateway", "--wait", "0")
    assert keyless_process(tmp_path, *up).returncode == 75
    report = running(State.open(tmp_path))
    assert report is not None
    assert report.gallery != sandbox.report.gallery
    assert keyless(tmp_path, "down").returncode == 0
    assert processes_with(str(tmp_path)) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(report.gallery.rsplit(":", 1)[-1]))) != 0
    assert sandbox.report.ready


def test_one_state_folder_has_one_sandbox(sandbox: Running) -> None:
    for again in (("up",), ("up", "--detach")):
        refused = sandbox.run(*again)
        assert refused.returncode == 69
        assert "already running" in refused.stderr


def test_status_says_that_all_is_ready(sandbox: Running) -> None:
    output = sandbox.run("status", "--json")
    report = json.loads(output.stdout)
    assert output.returncode == 0
    assert report["ready"] is True
    assert {each["state"] for each in report["services"]} == {"ready"}
    assert "IDENTITY_HEADER" not in output.stdout


def test_trace_is_there_for_people_and_for_scripts(sandbox: Running) -> None:
    people = sandbox.run("trace").stdout.splitlines()
    scripts = [json.loads(line) for line in sandbox.run("trace", "--json").stdout.splitlines()]
    assert len(people) <= len(scripts)
    assert any("blobs/add/action on containers/originals" in line for line in people)
    assert {"issued", "allowed"} <= {each["outcome"] for each in scripts}


@pytest.mark.parametrize("command", [("status",), ("env", "gateway"), ("redrive", "catalog")])
def test_without_a_sandbox_a_command_says_how_to_start_one(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    refused = keyless(tmp_path, *command)
    assert refused.returncode == 69
    assert "./keyless up" in refused.stderr


def test_down_without_a_sandbox_has_nothing_to_do(tmp_path: Path) -> None:
    assert keyless(tmp_path, "down").stdout == "Nothing is running.\n"


def test_a_service_that_does_not_exist_is_named_with_those_that_do(sandbox: Running) -> None:
    refused = sandbox.run("env", "nobody")
    assert refused.returncode == 69
    assert "nobody" in refused.stderr
    assert "thumbnailer" in refused.stderr


def test_a_state_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = keyless(tmp_path / "file" / "below", "status")
    assert refused.returncode == 69
    assert "cannot use the state folder" in refused.stderr
    assert "Traceback" not in refused.stderr
