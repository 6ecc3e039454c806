"""Another deployment in a running sandbox: at once, without a restart, and after one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest
import typer
from azure.core.exceptions import HttpResponseError

from cli.changes import lines
from cli.control import ask
from sandbox.deployment import SNAPSHOT, remember, source
from sandbox.state import PROJECT, State
from tests.conftest import Running, keyless, up
from tests.e2e.test_recreated import BLOB, Act, Requests, act, started, until
from tests.edited_snapshot import EditedSnapshot

__all__ = ["act"]
_SHOWS_THUMBNAILS = "The gallery shows thumbnails"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox whose deployment the tests of this file change; each leaves it as committed."""
    with up(tmp_path_factory.mktemp("live")) as one:
        yield one


def apply(live: Running, edited: EditedSnapshot | None = None) -> str:
    """Apply the project's own deployment with edits, as if its Bicep had them; return the words."""
    text = edited.text() if edited else SNAPSHOT.read_text()
    return "\n".join(map(str, lines(ask(live.state, "apply", {"snapshot": text}))))


@pytest.fixture(autouse=True)
def as_committed(live: Running) -> Iterator[None]:
    yield
    apply(live)
    until(lambda: not live.report.late)


def is_denied(gateway: Requests, credential: object = None) -> bool:
    try:
        gateway.thumbnail(credential)
    except HttpResponseError as error:
        return error.status_code == 403
    return False


def test_a_revoked_role_is_missing_at_the_next_request_and_a_granted_one_is_there(
    live: Running, act: Act
) -> None:
    gateway = act(live, "gateway")
    token = gateway.token(BLOB)
    services = [(each.name, each.restarts, each.url) for each in live.report.services]
    assert not is_denied(gateway, token)
    said = apply(live, EditedSnapshot().without_role(_SHOWS_THUMBNAILS))
    assert said.startswith("revoked   gateway: Storage Blob Data Reader on containers/thumbnails")
    assert _SHOWS_THUMBNAILS in said
    assert is_denied(gateway, token), "with the same token"
    explained = live.run("explain", "gateway", "blobs/read", "containers/thumbnails")
    assert "denied" in explained.stdout.lower(), "commands see what is in force"
    done = live.run("apply", "--json", BICEP="/no/such/program")
    assert [each["kind"] for each in json.loads(done.stdout)["roles"]] == ["granted"]
    assert "its order was not looked at" in done.stderr
    assert not is_denied(gateway, token)
    assert services == [(each.name, each.restarts, each.url) for each in live.report.services]


def test_new_resources_appear_and_go_with_what_they_held(live: Running, act: Act) -> None:
    more = EditedSnapshot().with_container("reports").with_queue("reports")
    more = more.with_secret("another-key").with_lock_duration("photo-uploads", "PT30S")
    said = apply(live, more)
    account, namespace = live.deployment.storage.name, live.deployment.bus.name
    assert f"made      container {account}/reports" in said
    assert f"changed   queue {namespace}/photo-uploads: lock duration is 30 s" in said
    assert "queues/reports" in live.report.messages
    assert act(live, "notifier").secret(), "its neighbour's secret is untouched"
    said = apply(live)
    assert f"gone      container {account}/reports, with its blobs" in said
    assert f"gone      queue {namespace}/reports, with its messages" in said
    assert "kept      secret" in said
    until(lambda: "queues/reports" not in live.report.messages)


def test_a_changed_environment_restarts_its_service_alone(live: Running) -> None:
    said = apply(live, EditedSnapshot().with_variable("notifier", "NEW_SETTING", "1"))
    assert "restarts  notifier" in said
    assert live.report.service("notifier").environment["NEW_SETTING"] == "1"
    assert {each.name for each in live.report.late} == {"notifier"}
    until(lambda: not live.report.late)


def test_a_deployment_that_fails_half_way_is_taken_back(live: Running, act: Act) -> None:
    bad = EditedSnapshot().without_role(_SHOWS_THUMBNAILS).with_container("r1")
    with pytest.raises(typer.Exit):
        apply(live, bad)
    assert not is_denied(act(live, "gateway")), "the role that it would revoke is assigned"
    assert "made      container" in apply(live, EditedSnapshot().with_container("reports"))


def test_a_watch_applies_at_each_save_and_goes_on_after_a_fault(
    live: Running, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    EditedSnapshot().write(other)
    command = [sys.executable, "-m", "cli", "apply", "--watch", "--snapshot", str(other)]
    environment = {**os.environ, "KEYLESS_STATE": str(live.state.root), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=PIPE, stderr=STDOUT, text=True
    ) as watching:

        def said() -> str:
            """Return what one round prints."""
            assert watching.stdout
            return "".join(takewhile(lambda line: "Ctrl-C ends it" not in line, watching.stdout))

        try:
            assert "keyless:" not in said()
            EditedSnapshot().with_container("reports").write(other)
            assert "/reports" in said()
            broken = tmp_path / "broken.json"
            broken.write_text("{")
            broken.replace(other)
            assert "is no Bicep snapshot" in said()
            EditedSnapshot().write(other)
            assert "gone      container" in said()
        finally:
            watching.send_signal(signal.SIGINT)
    assert live.run("apply", "--snapshot", str(SNAPSHOT), BICEP="/no/such").returncode == 0


def test_a_snapshot_from_standard_input_is_of_this_run_alone(live: Running, act: Act) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "apply", "--snapshot", "-"],
        cwd=PROJECT,
        env={**os.environ, "KEYLESS_STATE": str(live.state.root)},
        input=EditedSnapshot().without_role(_SHOWS_THUMBNAILS).text(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("revoked   gateway")
    assert is_denied(act(live, "gateway"))
    assert source(live.state) == SNAPSHOT


def _replaced(old: str, new: str) -> str:
    text = SNAPSHOT.read_text()
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no Bicep snapshot"),
        (_replaced("kv-sandbox", "kv-other"), "other host names (kv-"),
        (_replaced("sys.Label IN (", "sys.Label AMONG ("), "Rule"),
    ],
)
def test_what_cannot_be_deployed_changes_nothing_and_is_named(
    live: Running, act: Act, tmp_path: Path, content: str, sentence: str
) -> None:
    before, principals = live.deployment, live.state.path("principals.json").read_text()
    (tmp_path / "wrong.json").write_text(content)
    done = live.run("apply", "--snapshot", str(tmp_path / "wrong.json"))
    assert done.returncode != 0
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2, "a note, and one sentence"
    assert (live.deployment, live.state.path("principals.json").read_text()) == (before, principals)
    assert not is_denied(act(live, "gateway"))


def test_shells_and_the_remembered_snapshot_outlive_down_and_up(
    tmp_path: Path, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, other = tmp_path / "state", tmp_path / "other.json"
    EditedSnapshot().without_role(_SHOWS_THUMBNAILS).write(other)
    with started(state, "--endpoints") as sandbox:
        shell = dict(sandbox.act_as("gateway", monkeypatch))
        assert not is_denied(Requests(shell))
    remember(State.open(state), other)
    assert "is running" in keyless(state, "apply").stderr
    with started(state, "--endpoints") as sandbox:
        assert sandbox.environment("gateway") == shell
        gateway = Requests(shell)
        assert is_denied(gateway), "the remembered snapshot is deployed"
        gateway.send()
        EditedSnapshot().write(other)
        assert sandbox.run("apply").stdout.startswith("granted   gateway"), "of the same source"
        assert not is_denied(gateway)
    assert source(State.open(state)) == other
