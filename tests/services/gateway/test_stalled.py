"""The gateway under its own gunicorn configuration, over sockets, while storage hangs."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from services.gateway import admission, app
from services.gateway.photos import Dependencies
from tests.services.test_start import ENVIRONMENT, ROOT, free_port, get

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n\r\n%s\r\n--b--\r\n'
)
JPEG = b"\xff\xd8\xff\xe0"
ADDRESSES = count()  # nobody asks twice from the same


class Hanging:
    """Storage and catalog that answer nothing."""

    def start(self) -> None: ...
    def stop(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        threading.Event().wait(600)


class Storage(Hanging):
    """Its containers and blobs are named at once; every request hangs."""

    def get_blob_client(self, name: str) -> Hanging:
        return Hanging()


class Queue(Hanging):
    """It has a proof, which hangs as well once it is asked for."""

    def prove(self) -> None:
        self.hang()


def create_app() -> Flask:
    """Build the gateway for gunicorn; with WITHOUT_UPLOADS its rate limit admits none."""
    admission.BURST = 0 if "WITHOUT_UPLOADS" in os.environ else 1000
    fakes: Any = (Storage(), Storage(), Queue(), Hanging())
    return app.create_app(deps=Dependencies(*fakes))


@contextmanager
def gateway(**more: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--config", "services/gateway/gunicorn.conf.py"),
            *("--workers", "1", "--bind", f"127.0.0.1:{port}"),
            f"tests.services.gateway.{Path(__file__).stem}:create_app()",
        ],
        cwd=ROOT,
        env=ENVIRONMENT | more,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        get(port, "/healthz")
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, str, Any]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"X-Forwarded-For": f"address {next(ADDRESSES)}"}
    headers |= {"Content-Type": "multipart/form-data; boundary=b"} if body else {}
    client.request(method, path, body, headers)
    answer = client.getresponse()
    status, wait = answer.status, answer.headers.get("Retry-After", "")
    return status, wait, json.loads(answer.read() or b"null")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/photos"),
        ("GET", "/photos"),
        ("GET", "/photos/6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"),
        ("GET", "/photos/6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10/thumbnail"),
    ],
)
def test_while_a_dependency_hangs_the_gateway_stays_alive_and_says_when_to_come_again(
    method: str, path: str
) -> None:
    body, number = FORM % JPEG if method == "POST" else None, 2 * admission.THREADS
    stuck = admission.MAX_STORING if method == "POST" else admission.MAX_READS
    with ThreadPoolExecutor(number) as clients, gateway() as port:
        asked = [clients.submit(ask, port, method, path, body) for _ in range(number)]
        until = time.monotonic() + admission.STORE_WAIT + 60
        while (answered := sum(each.done() for each in asked)) < number - stuck:
            assert is_alive(port)
            assert time.monotonic() < until, answered
            time.sleep(0.1)
        assert is_alive(port)
        refused = [each.result() for each in asked if each.done()]
        assert len(refused) == number - stuck
    told = {(status, wait, problem["type"]) for status, wait, problem in refused}
    assert told == {(503, "5", "urn:keyless:problem:busy")}


def is_alive(port: int) -> bool:
    """Return whether it answers although a dependency hangs, which does so for longer."""
    return ask(port, "GET", "/healthz")[0] == 200


def test_threads_are_left_when_every_place_is_taken() -> None:
    taken = admission.MAX_UPLOADS + admission.MAX_READS + admission.MAX_DRAINING
    assert taken <= admission.THREADS - 8
    assert admission.MAX_STORING < admission.MAX_UPLOADS


@pytest.mark.parametrize("size", [19_000_000, 30_000_000])
def test_who_is_refused_early_hears_why_and_no_reset_connection(size: int) -> None:
    body = FORM % JPEG.ljust(size, b".")
    with gateway(WITHOUT_UPLOADS="1") as port:
        for _ in range(5):
            assert ask(port, "POST", "/photos", body)[0] == 429
            assert ask(port, "POST", "/nowhere", body)[0] == 404
