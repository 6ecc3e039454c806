"""Truncated or corrupt data: Azurite reports the losses, or the file that cannot be read."""

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.storage import Azurite, free_port
from sandbox.storage.forward import Forwarded
from tests.sandbox.storage.writers import CONTAINER

BLOBS, EXTENTS = "__azurite_db_blob__.json", "__azurite_db_blob_extent__.json"
JOURNAL = f"{BLOBS}.journal.1"


async def started(folder: Path, store: int = 0) -> str:
    """Start an Azurite, store so many blobs, kill it, and return its output."""
    given = Azurite("account", "account.blob.core.windows.net", folder, free_port())
    with (folder / "said").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *given.command(), env=given.environment(), stdout=subprocess.DEVNULL, stderr=said
        )
        ended = asyncio.create_task(process.wait())
        listening = asyncio.create_task(given.wait())
        await asyncio.wait((ended, listening), return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            await given.prepare([CONTAINER])
            await stored(given, store)
            process.kill()
        listening.cancel()
        await ended
    return (folder / "said").read_text()


async def stored(azurite: Azurite, count: int) -> None:
    backend = azurite.backend()
    await backend.start()
    for number in range(count):
        put = Forwarded(
            "PUT",
            f"/{CONTAINER}/blob-{number}",
            {},
            {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2025-11-05"},
            takes_body=True,
        )
        async with backend.send(put, 1000, bytes(1000)) as answer:
            assert answer.status == 201, await answer.text()
    await backend.stop()


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """The folder of an Azurite that was killed after it stored four blobs."""
    assert asyncio.run(started(tmp_path, store=4)) == ""
    return tmp_path


def lost(folder: Path) -> list[str]:
    printed = asyncio.run(started(folder)).splitlines()
    return [line.removeprefix("lost: ") for line in printed if line.startswith("lost: ")]


def ended(folder: Path, broken: str) -> str:
    """Return the output of an Azurite that ends instead of listening, and changes no file."""
    files = sorted(folder.glob(f"{broken}*"))
    before = [each.read_bytes() for each in files]
    printed = asyncio.run(started(folder)).strip().splitlines()[-1]
    assert [each.read_bytes() for each in files] == before
    return printed


def test_a_kill_alone_loses_nothing(used: Path) -> None:
    for _ in range(3):
        assert asyncio.run(started(used, store=2)) == ""


def in_the_middle(content: bytes) -> int:
    return len(content) // 2


def at_a_line(content: bytes) -> int:
    return content.rindex(b"\n", 0, -1) + 1


@pytest.mark.parametrize("where", [in_the_middle, at_a_line])
@pytest.mark.parametrize("database", [BLOBS, EXTENTS])
def test_a_journal_that_was_cut_is_named_with_what_is_missing(
    used: Path, database: str, where: Callable[[bytes], int]
) -> None:
    journal = used / f"{database}.journal.1"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: where(whole)])
    (said,) = lost(used)
    assert said.startswith(f"{journal} has {where(whole)} of {len(whole)} bytes: ")
    assert lost(used) == []  # the rest was saved; no loss is reported twice


def test_a_journal_that_is_gone_is_named(used: Path) -> None:
    size = (used / JOURNAL).stat().st_size
    (used / JOURNAL).unlink()
    (said,) = lost(used)
    assert said.startswith(f"{used / JOURNAL} has 0 of {size} bytes: ")


def test_a_line_of_a_journal_that_cannot_be_read_is_named_and_can_be_taken_out(used: Path) -> None:
    lines = (used / JOURNAL).read_bytes().splitlines(keepends=True)
    lines[2] = b"\x00garbage\xff" + lines[2][9:]
    (used / JOURNAL).write_bytes(b"".join(lines))
    message = ended(used, BLOBS)
    assert f"{used / JOURNAL} cannot be read in line 3: " in message
    assert "take that line out, and only what it says is lost" in message
    (used / JOURNAL).write_bytes(b"".join(lines[:2] + lines[3:]))
    (shorter,) = lost(used)
    assert str(used / JOURNAL) in shorter


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbage(content: bytes) -> bytes:
    return b"\x00garbage\xff\n" + content[10:]


def empty(_: bytes) -> bytes:
    return b""


def another(_: bytes) -> bytes:
    return b"[]"


@pytest.mark.parametrize("harm", [half, garbage, empty, another])
@pytest.mark.parametrize("database", [BLOBS, EXTENTS])
def test_a_database_that_cannot_be_read_is_named_with_a_way_to_go_on(
    used: Path, database: str, harm: Callable[[bytes], bytes]
) -> None:
    (used / database).write_bytes(harm((used / database).read_bytes()))
    message = ended(used, database)
    assert f"{used / database} cannot be read: " in message
    assert message.endswith(f"to go on without its blobs, move {used} away")


@pytest.mark.parametrize("database", [BLOBS, EXTENTS])
@pytest.mark.parametrize("saved", [False, True])
def test_a_missing_database_is_not_created_again(used: Path, database: str, saved: bool) -> None:
    if saved:
        assert lost(used) == []
    (used / database).unlink()
    message = ended(used, database)
    assert f"{used / database} is missing; to go on without its blobs, move {used} away" in message


def test_blobs_whose_content_is_gone_are_named(used: Path) -> None:
    (content,) = (each for each in (used / "__blobstorage__").iterdir() if each.stat().st_size)
    content.write_bytes(content.read_bytes()[:2500])
    (said,) = lost(used)
    assert said.startswith("the content of 2 blobs, missing from ")
    assert said.endswith(f": {CONTAINER}/blob-2, {CONTAINER}/blob-3")
    content.unlink()
    assert "the content of 4 blobs" in lost(used)[0]


def test_an_unreadable_note_claims_nothing(used: Path) -> None:
    for note in (b"garbage", b"[[1]]", b"{}", b""):
        (used / f"{BLOBS}.journal.lengths").write_bytes(note)
        assert lost(used) == []
