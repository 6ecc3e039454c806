"""Every change that Azurite acknowledged survives a `kill -9` of it."""

import asyncio
import json
import random
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from sandbox.storage import Azurite, azurite, free_port
from sandbox.storage.backend import Backend
from sandbox.storage.forward import Forwarded, question
from sandbox.storage.installation import find_node
from tests.sandbox.storage.writers import CONTAINER, Writer, write_all

FOLDER = PROJECT / "sandbox/storage/azurite"
WRITERS = 8
LOADED = {"--import", "--require"}


def bare(command: list[str]) -> list[str]:
    """The same Azurite, as it comes from npm."""
    words = iter(command)
    return [word for word in words if word not in LOADED or not next(words)]


@asynccontextmanager
async def killed(
    folder: Path, *, durable: bool = True, ends: int = signal.SIGKILL
) -> AsyncIterator[tuple[Backend, asyncio.subprocess.Process]]:
    """An Azurite that ends by `ends` on leaving, if it has not ended before."""
    given = Azurite("account", "account.blob.core.windows.net", folder, free_port())
    command = given.command() if durable else bare(given.command())
    process = await asyncio.create_subprocess_exec(
        *command, env=given.environment(), stdout=subprocess.DEVNULL
    )
    backend = given.backend()
    try:
        await given.wait()
        await given.prepare([CONTAINER])
        await backend.start()
        yield backend, process
    finally:
        await backend.stop()
        if process.returncode is None:
            process.send_signal(ends)
        await process.wait()


async def one_round(folder: Path, writers: list[Writer], writes: int, durable: bool) -> None:
    """Kill Azurite once so many more are acknowledged: on a slow machine as many as on a fast."""
    wanted = acknowledged(writers) + writes
    async with killed(folder, durable=durable) as (backend, process):
        writing = asyncio.create_task(write_all(writers, backend))
        while acknowledged(writers) < wanted and not writing.done():  # noqa: ASYNC110 - many count
            await asyncio.sleep(0.005)
        process.kill()
        await writing


def acknowledged(writers: list[Writer]) -> int:
    return sum(each.acknowledged for each in writers)


async def lost(folder: Path, writers: list[Writer], durable: bool = True) -> list[str]:
    async with killed(folder, durable=durable) as (backend, _):
        return [each for writer in writers for each in await writer.lost(backend)]


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    writers = [Writer(f"w{number}", 7) for number in range(WRITERS)]

    async def run() -> None:
        for _ in range(3):
            await one_round(tmp_path, writers, chance.randrange(20, 300), durable=True)
            assert await lost(tmp_path, writers) == []

    asyncio.run(run())
    assert acknowledged(writers) > 60


def test_an_empty_blob_survives_the_same_without_a_place_in_a_file(tmp_path: Path) -> None:
    files: list[int] = []

    async def run() -> list[bytes]:
        async with killed(tmp_path) as (backend, _):
            for content in (b"", b"light"):
                await put(backend, content)
                files.append(len([*(tmp_path / "__blobstorage__").iterdir()]))
        async with killed(tmp_path) as (backend, _):
            return [await got(backend, content) for content in (b"", b"light")]

    assert asyncio.run(run()) == [b"", b"light"]
    assert files == [0, 1]


async def put(backend: Backend, content: bytes) -> None:
    """Store a blob that is named for its length."""
    headers = {"x-ms-blob-type": "BlockBlob"}
    request = Forwarded("PUT", f"/{CONTAINER}/{len(content)}", {}, headers, takes_body=True)
    async with backend.send(request, len(content), content) as answer:
        assert answer.status == 201


async def got(backend: Backend, content: bytes) -> bytes:
    async with backend.send(question("GET", f"/{CONTAINER}/{len(content)}")) as answer:
        assert answer.status == 200
        return await answer.read()


def test_without_the_journal_the_same_kill_loses_puts(tmp_path: Path) -> None:
    writers = [Writer(f"w{number}", 7) for number in range(WRITERS)]

    async def run() -> list[str]:
        await one_round(tmp_path, writers, 200, durable=False)
        return await lost(tmp_path, writers, durable=False)

    assert asyncio.run(run())


def test_a_save_while_writers_go_on_drops_nothing(tmp_path: Path) -> None:
    """Every change is worth a save here, and Azurite looks all the time."""
    hasty = tmp_path / "hasty.js"
    hasty.write_text(
        f"""const Loki = require({json.dumps(str(FOLDER / "node_modules/lokijs"))});
        const {{ autosaveDirty }} = Loki.prototype;
        require({json.dumps(str(FOLDER / "durable.js"))});
        Loki.prototype.autosaveDirty = autosaveDirty;
        const enable = Loki.prototype.autosaveEnable;
        Loki.prototype.autosaveEnable = function (...given) {{
          this.autosaveInterval = 5;
          enable.apply(this, given);
        }};"""
    )
    writers = [Writer(f"w{number}", 8) for number in range(WRITERS)]

    async def run() -> None:
        with pytest.MonkeyPatch.context() as patch:
            changes = (str(hasty.with_suffix("")), *azurite._CHANGES[1:])
            patch.setattr(azurite, "_CHANGES", changes)
            for writes in (100, 200):
                await one_round(tmp_path, writers, writes, durable=True)
                assert await lost(tmp_path, writers) == []

    asyncio.run(run())


def node(script: str, folder: Path) -> str:
    """Return the output of a script that uses the journal's parts."""
    parts = f"""
        const {{ Journal }} = require({json.dumps(str(FOLDER / "journal.js"))});
        const {{ replay }} = require({json.dumps(str(FOLDER / "replay.js"))});
        const journal = new Journal({json.dumps(str(folder / "db.json"))});
    """
    command = [find_node(), "--eval", parts + script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_torn_last_line_is_nothing_and_the_lines_before_it_stay(tmp_path: Path) -> None:
    node('journal.add("c", 1, { a: 1 }); journal.flush();', tmp_path)
    with (tmp_path / "db.json.journal.1").open("a") as file:
        file.write('[["c",2,{"a"')
    node('journal.add("c", 3, null); journal.flush();', tmp_path)
    said = node("console.log(JSON.stringify([...journal.changes()]))", tmp_path)
    assert json.loads(said) == [["c", 1, {"a": 1}], ["c", 3, None]]


def test_a_line_that_is_broken_before_the_end_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "db.json.journal.1").write_text("broken\n[]\n")
    with pytest.raises(subprocess.CalledProcessError):
        node("[...journal.changes()]", tmp_path)


def test_changes_that_the_database_holds_already_change_nothing(tmp_path: Path) -> None:
    said = node(
        """
        const data = [{ $loki: 1, v: "old" }, { $loki: 4, v: "kept" }];
        const changes = [["c", 3, { $loki: 3, v: "new" }], ["c", 1, null], ["c", 9, null],
                         ["c", 2, { $loki: 2, v: "new" }], ["c", 2, { $loki: 2, v: "newer" }]];
        const saved = { collections: [{ name: "c", data, maxId: 4 }] };
        for (let times = 0; times < 2; times++) replay(saved, changes);
        console.log(JSON.stringify(saved.collections[0]));
        """,
        tmp_path,
    )
    assert json.loads(said) == {
        "name": "c",
        "data": [
            {"$loki": 2, "v": "newer"},
            {"$loki": 3, "v": "new"},
            {"$loki": 4, "v": "kept"},
        ],
        "maxId": 9,
    }


def test_a_file_of_the_journal_goes_once_a_save_holds_it_and_not_before(tmp_path: Path) -> None:
    said = node(
        """
        const fs = require("fs");
        const files = () => fs.readdirSync(".").filter((each) => /journal\\.\\d+$/.test(each));
        process.chdir(require("path").dirname(journal.stem));
        journal.add("c", 1, {}); journal.flush();
        const before = journal.rotate();
        journal.add("c", 2, {}); journal.flush();
        const during = files();
        journal.drop(before);
        console.log(JSON.stringify([during, files(), journal.size > 0]));
        """,
        tmp_path,
    )
    one, two = "db.json.journal.1", "db.json.journal.2"
    assert json.loads(said) == [[one, two], [two], True]


def test_a_change_that_cannot_be_written_waits_and_comes_before_the_next(tmp_path: Path) -> None:
    said = node(
        """
        const fs = require("fs"), write = fs.writeSync;
        journal.add("c", 1, {}); journal.flush();
        fs.writeSync = (to, line) => { write(to, line, 0, 3); throw new Error("no space left"); };
        journal.add("c", 2, {});
        let refused = "";
        try { journal.flush(); } catch (error) { refused = error.message; }
        fs.writeSync = write;
        journal.add("c", 3, {}); journal.flush();
        console.log(JSON.stringify([refused, [...journal.changes()].map((each) => each[1])]));
        """,
        tmp_path,
    )
    assert json.loads(said) == ["no space left", [1, 2, 3]]
