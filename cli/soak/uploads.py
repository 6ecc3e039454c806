"""Uploads in flight, each retried under its idempotency key as the gallery's own script does."""

import io
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from PIL import Image

from sandbox.loopback import ask

_BROKEN_OF_TEN = 1
_PAUSE = 0.3
_TIMEOUT = 20.0
_PATIENCE = 180.0


@dataclass(frozen=True)
class File:
    """A photo to upload, or a broken file that begins like one."""

    key: str
    content: bytes
    broken: bool


@dataclass(frozen=True)
class Sent:
    """The result of an upload: the photo's id after a 202, or the last refusal."""

    file: File
    id: str | None
    tries: int
    refused: str = ""


def files(count: int, chance: random.Random) -> list[File]:
    """Return `count` different files, one in ten of them broken."""
    broken = set(chance.sample(range(count), count * _BROKEN_OF_TEN // 10))
    return [_file(chance, number in broken) for number in range(count)]


def _file(chance: random.Random, broken: bool) -> File:
    key = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    if broken:
        return File(key, b"\xff\xd8\xff\xe0" + chance.randbytes(600), broken)
    content = io.BytesIO()
    colour = chance.randrange(256), chance.randrange(256), chance.randrange(256)
    Image.new("RGB", (chance.randrange(40, 400), 300), colour).save(content, "JPEG")
    return File(key, content.getvalue() + chance.randbytes(16), broken)


@contextmanager
def in_flight(gallery: str, files: Sequence[File]) -> Iterator[list["Future[Sent]"]]:
    """Start all uploads at once; wait for them at the end of the block."""
    with ThreadPoolExecutor(len(files)) as pool:
        yield [pool.submit(upload, gallery, each) for each in files]


def upload(gallery: str, file: File) -> Sent:
    """Post the file until it is accepted or refused permanently, or time is up."""
    deadline, tries, refused = time.monotonic() + _PATIENCE, 0, ""
    while time.monotonic() < deadline:
        tries += 1
        try:
            answer = _post(gallery, file)
        except requests.RequestException as error:
            refused = type(error).__name__
        else:
            if answer.status_code == 202:
                return Sent(file, str(answer.json()["id"]), tries)
            refused = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code < 500 and answer.status_code != 429:
                break
        time.sleep(_PAUSE * min(tries, 10))
    return Sent(file, None, tries, refused)


def _post(gallery: str, file: File) -> requests.Response:
    return ask(
        "POST",
        f"{gallery}/photos",
        files={"photo": ("soak.jpg", file.content, "image/jpeg")},
        headers={"Idempotency-Key": file.key},
        timeout=_TIMEOUT,
    )
