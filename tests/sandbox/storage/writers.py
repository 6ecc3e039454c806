"""Writers that remember the changes Azurite acknowledged, and check that it still has them."""

import asyncio
import base64
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

import aiohttp

from sandbox.storage.backend import Backend
from sandbox.storage.forward import Forwarded

CONTAINER = "first"
_BLOCK = {"x-ms-blob-type": "BlockBlob"}
_NO_ANSWER = (aiohttp.ClientError, TimeoutError)


@dataclass(frozen=True)
class Blob:
    """A blob as a client knows it."""

    content: bytes
    note: str = ""


@dataclass
class Memory:
    """The acknowledged state of one name, and the one that it may have instead."""

    known: Blob | None = None
    asked_for: list[Blob | None] = field(default_factory=list)
    staged: set[str] = field(default_factory=set)


class Writer:
    """Writes to names of its own, one request at a time, until Azurite does not answer."""

    def __init__(self, name: str, seed: int) -> None:
        self._name = name
        self._chance = random.Random(f"{seed} {name}")  # noqa: S311 - a test that can be repeated
        self.memories: dict[str, Memory] = {}
        self.acknowledged = 0

    async def write(self, backend: Backend) -> None:
        """Put, overwrite, note, delete and commit blocks until Azurite is gone."""
        try:
            while True:
                path = f"/{CONTAINER}/{self._name}-{self._chance.randrange(40)}"
                await self._change(backend, path, self.memories.setdefault(path, Memory()))
        except _NO_ANSWER:
            return

    async def _change(self, backend: Backend, path: str, memory: Memory) -> None:
        kind = self._chance.choice(["put", "put", "blocks", "note", "delete"])
        content = self._chance.randbytes(self._chance.randrange(1, 5000))
        if kind == "blocks":
            await self._blocks(backend, path, memory, content)
        elif kind == "put" or memory.known is None:
            await self._ask(backend, Asked("PUT", path, content, _BLOCK), memory, Blob(content))
        elif kind == "note":
            noted = Blob(memory.known.content, content.hex()[:40])
            headers, parameters = {"x-ms-meta-note": noted.note}, {"comp": "metadata"}
            await self._ask(backend, Asked("PUT", path, b"", headers, parameters), memory, noted)
        else:
            await self._ask(backend, Asked("DELETE", path), memory, None)

    async def _blocks(self, backend: Backend, path: str, memory: Memory, content: bytes) -> None:
        names = [base64.b64encode(f"{number:04}".encode()).decode() for number in range(2)]
        parts = content[:1000], content[1000:] or b"."
        for name, part in zip(names, parts, strict=True):
            block = {"comp": "block", "blockid": name}
            await Asked("PUT", path, part, parameters=block).send(backend)
            memory.staged.add(name)
        memory.staged.clear()
        listed = "".join(f"<Latest>{name}</Latest>" for name in names)
        body = f"<?xml version='1.0'?><BlockList>{listed}</BlockList>".encode()
        commit = Asked("PUT", path, body, parameters={"comp": "blocklist"})
        await self._ask(backend, commit, memory, Blob(b"".join(parts)))

    async def _ask(
        self, backend: Backend, asked: "Asked", memory: Memory, becomes: Blob | None
    ) -> None:
        memory.asked_for = [becomes]
        await asked.send(backend)
        memory.known, memory.asked_for = becomes, []
        self.acknowledged += 1

    async def lost(self, backend: Backend) -> list[str]:
        """Return the names that are not as acknowledged, and remember them as found."""
        wrong = []
        for path, memory in self.memories.items():
            found = await _found(backend, path)
            if found not in [memory.known, *memory.asked_for]:
                wrong.append(path)
            elif memory.staged - await _staged(backend, path):
                wrong.append(f"{path} (blocks)")
            memory.known, memory.asked_for = found, []
            memory.staged.clear()
        return wrong


@dataclass(frozen=True)
class Asked:
    """One request, of which any answer but success is a mistake."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    async def send(self, backend: Backend) -> None:
        body = self.body
        forwarded = Forwarded(
            self.method, self.path, self.parameters, self.headers, takes_body=body is not None
        )
        async with backend.send(forwarded, None if body is None else len(body), body) as answer:
            assert answer.status in {200, 201, 202}, (answer.status, self)


async def _found(backend: Backend, path: str) -> Blob | None:
    async with backend.send(Forwarded("GET", path, {}, {}, takes_body=False)) as answer:
        if answer.status == 404:
            return None
        assert answer.status == 200, answer.status
        return Blob(await answer.read(), answer.headers.get("x-ms-meta-note", ""))


async def _staged(backend: Backend, path: str) -> set[str]:
    """Return the blocks that wait to be committed."""
    asked = {"comp": "blocklist", "blocklisttype": "uncommitted"}
    async with backend.send(Forwarded("GET", path, asked, {}, takes_body=False)) as answer:
        if answer.status != 200:
            return set()
        root = ElementTree.fromstring((await answer.read()).decode("utf-8-sig"))  # noqa: S314
        return {str(each.text) for each in root.iterfind("UncommittedBlocks/Block/Name")}


async def write_all(writers: list[Writer], backend: Backend) -> None:
    """Run all writers at once, until Azurite does not answer."""
    await asyncio.gather(*(each.write(backend) for each in writers))
