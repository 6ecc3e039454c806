"""A state folder that cannot be used, or with broken contents: one sentence names the cause."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sandbox.servicebus import StoreError
from sandbox.state import LAYOUT, State, StateError
from sandbox.supervisor.options import Options
from sandbox.supervisor.start import start
from tests.conftest import keyless
from tests.faults.faults import left_behind, mounted, one_sentence, started_once


def test_a_new_folder_keeps_its_layout(tmp_path: Path) -> None:
    state = State.open(tmp_path / "new")
    assert state.path("layout").read_text() == f"{LAYOUT}\n"
    assert State.open(state.root) == state


@pytest.mark.parametrize("layout", ["0", str(LAYOUT + 1)])
def test_a_state_of_another_layout_is_refused_and_left_alone(tmp_path: Path, layout: str) -> None:
    state = State.open(tmp_path)
    state.path("layout").write_text(layout)
    state.path("bus.db").write_text("messages")
    error = one_sentence(keyless(tmp_path, "up", "--detach"))
    assert f"the state folder {tmp_path} has layout {layout}, not {LAYOUT}" in error
    assert "move it away, or choose another folder by --state or KEYLESS_STATE" in error
    assert sorted(os.listdir(tmp_path)) == ["bus.db", "layout"]


@pytest.mark.parametrize("layout", ["", "\xff", "garbage"])
def test_a_layout_that_is_none_is_named_with_what_belongs_in_it(
    tmp_path: Path, layout: str
) -> None:
    state = State.open(tmp_path)
    state.path("layout").write_text(layout, "latin-1")
    error = one_sentence(keyless(tmp_path, "status"))
    assert f"{state.path('layout')} is broken: it holds '" in error
    assert f"write {LAYOUT} into it if this version made the folder" in error
    state.path("layout").write_text(str(LAYOUT))
    assert State.open(tmp_path) == state


@pytest.mark.parametrize("command", ["up", "down"])
def test_a_state_without_a_layout_is_an_older_one(tmp_path: Path, command: str) -> None:
    (tmp_path / "principals.json").write_text("{}")
    error = one_sentence(keyless(tmp_path, command))
    assert "has an older layout, or its file layout is lost; move it away, write 1 into" in error
    assert os.listdir(tmp_path) == ["principals.json"]


def test_a_folder_of_somebodys_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    tmp_path.chmod(0o755)
    error = one_sentence(keyless(tmp_path, "up", "--detach"))
    assert f"{tmp_path} holds files that are not a sandbox's, such as thesis.txt" in error
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_draft_that_a_kill_has_left_makes_no_folder_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "layout.4711.draft").write_text("")
    assert State.open(tmp_path).path("layout").exists()


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(StateError, match=r"belongs to user \d+; choose another folder by --state"):
        State.open(tmp_path)


@pytest.mark.parametrize("below", ["file", "file/below"])
def test_a_file_is_no_state_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    error = one_sentence(keyless(tmp_path / below, "up", "--detach"))
    assert "it is not a folder" in error


def test_a_name_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    error = one_sentence(keyless(tmp_path / ("x" * 300), "up", "--detach"))
    assert "File name too long" in error


@pytest.mark.parametrize("command", ["demo", "status"])
def test_a_folder_that_can_only_be_read_is_one_sentence(tmp_path: Path, command: str) -> None:
    with mounted(tmp_path, "ro"):
        error = one_sentence(keyless(tmp_path, command))
    assert f"cannot use the state folder {tmp_path}: Read-only file system" in error


def test_a_state_that_can_only_be_read_starts_nothing(tmp_path: Path) -> None:
    with mounted(tmp_path) as read_only:
        State.open(tmp_path).write("audit.jsonl", b"")
        read_only()
        for command in (["up"], ["up", "--detach"]):
            assert "Read-only file system" in one_sentence(keyless(tmp_path, *command))
        assert sorted(os.listdir(tmp_path)) == ["audit.jsonl", "layout"]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def empty(_: bytes) -> bytes:
    return b""


def garbage(content: bytes) -> bytes:
    return b"\x00garbage\xff\n" + content[10:]


def another(_: bytes) -> bytes:
    return b"[5]"


def holed(content: bytes) -> bytes:
    """A database with an intact first page, and damaged others."""
    return content[:4096] + b"\xa5" * (len(content) - 4096)


NO_KEY = ["entra-signing-key.pem", "vault.key", "refresh-token.key"]
DATABASES = ["vault.db", "bus.db", "telemetry.db"]
JSON = ["principals.json", "partner.json", "signing-key-handed-over.json"]
REFUSED = [
    *((name, harm) for name in NO_KEY for harm in (cut, empty, garbage)),
    *((name, harm) for name in DATABASES for harm in (cut, garbage, holed)),
    *((name, harm) for name in JSON for harm in (cut, empty, garbage)),
    ("principals.json", another),
    ("partner.json", another),
    ("partner.jsonl", garbage),
]
REFUSED.remove(("vault.key", garbage))  # a key all the same, if of another vault
MENDED = [
    ("ca.pem", empty),
    ("edge.pem", garbage),
    ("edge.pem", cut),
    ("edge.pem", empty),
    ("sandbox.json", cut),
]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state that has been used, and holds one of everything."""
    state = State.open(tmp_path_factory.mktemp("used") / "state")
    started_once(state)
    state.path("partner.jsonl").write_text('{"time": "", "answer": "204"}\n')
    return state.root


@pytest.mark.parametrize(("name", "harm"), REFUSED)
def test_a_broken_file_is_named_and_left_as_it_is(
    used: Path, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    state = copied(used, tmp_path, name, harm)
    broken = state.path(name).read_bytes()
    with pytest.raises((ValueError, RuntimeError)) as error:
        started_once(state)
    message = str(error.value)
    assert f"{state.path(name)} is broken: " in message
    assert state.path(name).read_bytes() == broken
    assert " away to continue: " in message
    move_away(state, message)
    started_once(state)


def test_a_vault_under_another_key_waits_for_its_own_or_is_moved_away(
    used: Path, tmp_path: Path
) -> None:
    state = copied(used, tmp_path, "vault.key", garbage)
    with pytest.raises(RuntimeError) as error:
        started_once(state)
    message = str(error.value)
    assert f"{state.path('vault.db')} is encrypted with another key than the one given" in message
    assert "bring that back, or move it" in message
    assert " away to continue: the vault's secrets are lost" in message
    state.path("vault.key").write_bytes((used / "vault.key").read_bytes())
    started_once(state)


def move_away(state: State, message: str) -> None:
    """Follow the message, and do no more."""
    (file, others) = re.search(
        r"(\S+) is broken: .*; move it(?: and (.*))? away to continue", message
    ).groups()  # type: ignore[union-attr]
    for each in (file, *(others or "").split(", ")):
        if each:
            state.path(Path(each).name).rename(state.root.parent / Path(each).name)


@pytest.mark.parametrize("name", ["vault.db", "partner.json"])
def test_a_signing_key_that_is_lost_is_set_anew_and_handed_over(
    used: Path, tmp_path: Path, name: str
) -> None:
    state = copied(used, tmp_path, "layout", bytes)
    for each in tmp_path.glob(f"state/{name}*"):
        each.unlink()
    before = (used / "partner.json").read_bytes()
    asyncio.run(looked_at(state, "webhook-signing-key"))
    assert state.path("partner.json").read_bytes() != before
    after = state.path("partner.json").read_bytes()
    asyncio.run(looked_at(state, "webhook-signing-key"))
    assert state.path("partner.json").read_bytes() == after


async def looked_at(state: State, secret: str) -> None:
    """Start all endpoints, and return whether the vault has a secret that was set."""
    async with AsyncExitStack() as stack:
        endpoints = await start(stack, state, Options(gallery_port=0))
        [vault] = endpoints.planes.vaults.values()
        assert not vault.is_as_declared(secret)


@pytest.mark.parametrize(("name", "harm"), MENDED)
def test_a_broken_file_that_can_be_made_again_is(
    used: Path, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]
) -> None:
    started_once(copied(used, tmp_path, name, harm))


def test_what_the_vault_holds_is_there_after_a_start_that_was_refused(
    used: Path, tmp_path: Path
) -> None:
    state = copied(used, tmp_path, "bus.db", garbage)
    with pytest.raises(StoreError):
        started_once(state)
    state.path("bus.db").write_bytes((used / "bus.db").read_bytes())
    started_once(state)


def test_a_broken_file_ends_the_command_in_one_sentence(used: Path, tmp_path: Path) -> None:
    state = copied(used, tmp_path, "principals.json", cut)
    for command in (["up"], ["up", "--detach"], ["demo", "--exit"]):
        assert f"{state.path('principals.json')} is broken" in one_sentence(
            keyless(state.root, *command)
        )
    assert left_behind(str(tmp_path)) == []


def test_blobs_that_azurite_cannot_read_are_one_sentence_and_stay(
    used: Path, tmp_path: Path
) -> None:
    database = "azurite/__azurite_db_blob__.json"
    state = copied(used, tmp_path, database, cut)
    broken = state.path(database).read_bytes()
    error = one_sentence(keyless(state.root, "up", "--detach"))
    assert f"Azurite, which keeps its data in {state.path('azurite')}, ended at once" in error
    assert str(state.path("logs/azurite.log")) in error
    assert state.path(database).read_bytes() == broken
    assert left_behind(str(tmp_path)) == []


def test_photos_that_are_gone_with_half_a_journal_are_told_by_up_and_status(
    used: Path, tmp_path: Path
) -> None:
    journal = "azurite/__azurite_db_blob__.json.journal.1"
    state = copied(used, tmp_path, journal, cut)
    left = state.path(journal).stat().st_size
    try:
        up = keyless(state.root, "up", "--detach", "--port", "0")
        status = keyless(state.root, "status")
        as_json = keyless(state.root, "status", "--json")
    finally:
        keyless(state.root, "down")
    assert up.returncode == 0, up.stderr
    error = f"{state.path(journal)} has {left} of "
    assert f"! lost: {error}" in up.stdout
    assert error in status.stdout.replace("\n", "")
    (lost,) = json.loads(as_json.stdout)["lost"]
    assert lost.startswith(error)


def test_lines_of_the_audit_that_cannot_be_read_are_counted_by_trace(
    used: Path, tmp_path: Path
) -> None:
    state = copied(used, tmp_path, "audit.jsonl", garbage)
    shown = keyless(state.root, "trace")
    assert shown.returncode == 0
    assert f"skipped 2 unreadable lines of {state.path('audit.jsonl')}" in shown.stderr


COMMANDS = [
    "status",
    "trace",
    "access",
    "recreate gateway",
    "deploy",
    "env gateway",
    "rotate",
    "up",
]


@pytest.mark.parametrize("harm", [cut, empty, garbage])
def test_no_command_answers_damage_with_a_traceback(
    used: Path, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    """Everything at once: whichever file a command meets first is named, or not needed."""
    shutil.copytree(used, tmp_path / "state")
    for each in (tmp_path / "state").glob("*.*"):
        if each.is_file():
            each.write_bytes(harm(each.read_bytes()))
    for command in (each.split() for each in COMMANDS):
        done = keyless(tmp_path / "state", *command)
        assert "Traceback" not in done.stdout + done.stderr, (command, done.stderr)
        assert done.returncode in {0, 69} if command[0] != "up" else {69}, (command, done.stderr)


def copied(used: Path, tmp_path: Path, name: str, harm: Callable[[bytes], bytes]) -> State:
    """A copy of a used state, one file of it harmed."""
    shutil.copytree(used, tmp_path / "state")
    state = State.open(tmp_path / "state")
    file = state.path(name)
    file.write_bytes(harm(file.read_bytes() if file.exists() else b'{"pid": 1}'))
    return state
