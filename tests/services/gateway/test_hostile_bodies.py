"""Bodies made to cost much, sent to the gateway under its own gunicorn configuration."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from services.gateway import admission, app
from services.gateway.images import MAX_BYTES
from services.gateway.photos import Dependencies
from tests.services.test_start import ENVIRONMENT, ROOT, free_port, get

MOST = 60  # MB that one upload may take, beside its spool
FORM = "multipart/form-data; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="p.jpg"\r\n\r\n'
END = b"\r\n--b--\r\n"
JPEG = b"\xff\xd8\xff\xe0"


class Storage:
    """It takes everything, as the SDK does: a blob of up to 64 MiB is read whole."""

    def get_blob_client(self, name: str) -> "Storage":
        return self

    def upload_blob(self, data: Any, **options: Any) -> None:
        data.read()


class Queue:
    def send(self, body: bytes, **properties: str) -> None: ...
    def prove(self) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


def create_app() -> Flask:
    """Build the gateway for gunicorn; PERIOD sets the seconds over which a body keeps its pace."""
    admission.PERIOD = float(os.environ.get("PERIOD", admission.PERIOD))
    admission.BURST = admission.PER_SECOND = 1000
    fakes: Any = (Storage(), Storage(), Queue(), None)
    return app.create_app(deps=Dependencies(*fakes))


@dataclass
class Gateway:
    """A gateway of one worker."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def worker(self) -> Path:
        """The worker's folder in /proc."""
        master = self.process.pid
        [worker] = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return Path(f"/proc/{worker}")

    def memory(self, kind: str) -> int:
        """Its worker's memory in MB: VmRSS is its size now, VmHWM the most since forget_peak()."""
        lines = (self.worker / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(kind)).split()[1]) // 1000

    def forget_peak(self) -> None:
        (self.worker / "clear_refs").write_text("5")

    def send(self, *parts: bytes, head: bytes = b"") -> bytes:
        """Send a request, and return the first line of its answer with the body."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as client:
            with suppress(OSError):  # the answer may come before all is sent
                client.sendall(head)
                for part in parts:
                    client.sendall(part)
                client.shutdown(socket.SHUT_WR)
            answer = b""
            with suppress(OSError):
                while chunk := client.recv(1 << 16):
                    answer += chunk
        return answer

    def post(self, body: bytes, content_type: str = FORM) -> bytes:
        head = f"POST /photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
        head += f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        return self.send(body, head=head.encode())


def started(**more: str) -> Gateway:
    port = free_port()
    command = (sys.executable, "-m", "gunicorn", "--config", "services/gateway/gunicorn.conf.py")
    app = f"tests.services.gateway.{Path(__file__).stem}:create_app()"
    process = subprocess.Popen(
        [*command, "--workers", "1", "--bind", f"127.0.0.1:{port}", app],
        cwd=ROOT,
        env=ENVIRONMENT | {"MALLOC_MMAP_THRESHOLD_": "1000000"} | more,  # as deployed
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    get(port, "/healthz")
    return Gateway(port, process)


def end(gateway: Gateway) -> None:
    with suppress(ProcessLookupError):
        os.killpg(gateway.process.pid, signal.SIGKILL)
    gateway.process.wait()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    gateway = started()
    yield gateway
    end(gateway)


def whole(body: bytes) -> bytes:
    return HEAD % b"photo" + body + END


BODIES: dict[str, tuple[Callable[[], bytes], str, bytes]] = {
    "the largest photo": (lambda: whole(JPEG.ljust(MAX_BYTES, b".")), FORM, b" 202 "),
    "a form of fields": (lambda: b"a&" * 10_000_000, "application/x-www-form-urlencoded", b" 415 "),
    "json": (lambda: b"[" * 20_000_000, "application/json", b" 415 "),
    "a long text": (lambda: HEAD % b"x" + b"x" * 20_000_000 + END, FORM, b" 400 "),
    "many parts": (lambda: (HEAD % b"x" + b"\r\n") * 250_000 + b"--b--", FORM, b" 413 "),
    "a head without end": (lambda: HEAD[:-2] + b"X: y\r\n" * 3_300_000, FORM, b" 413 "),
    "nothing but a preamble": (lambda: b"x" * 20_000_000, FORM, b" 413 "),
    "an epilogue": (lambda: whole(JPEG) + b"x" * 19_000_000, FORM, b" 413 "),
    "line breaks": (lambda: whole(JPEG + b"\r\n" * 9_500_000), FORM, b" 202 "),
    "half boundaries": (lambda: whole(JPEG + b"\r\n--" * 4_700_000), FORM, b" 202 "),
    "near boundaries": (lambda: whole(JPEG + b"\r\n--bb" * 3_200_000), FORM, b" 202 "),
}


def test_no_body_takes_much_memory_or_keeps_others_waiting(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.post(whole(JPEG))
    begun_with = gateway.memory("VmRSS")
    for name, (make, content_type, status) in BODIES.items():
        body, before = make(), gateway.memory("VmRSS")
        gateway.forget_peak()
        answers: list[bytes] = []
        sender = threading.Thread(target=lambda: answers.append(gateway.post(body, content_type)))  # noqa: B023
        sender.start()
        waits = []
        while sender.is_alive():
            begun = time.monotonic()
            assert get(gateway.port, "/healthz")[0] == 200
            waits.append(time.monotonic() - begun)
            sender.join(0.05)
        grown = gateway.memory("VmHWM") - before
        with capsys.disabled():
            print(f"\n{name}: +{grown} MB, others wait up to {max(waits):.2f} s", end="")
        assert status in answers[0].partition(b"\r\n")[0], answers[0][:200]
        assert grown <= MOST
        assert sorted(waits)[len(waits) // 2] < 1
    kept = gateway.memory("VmRSS") - begun_with
    with capsys.disabled():
        print(f"\nafter all of them: +{kept} MB")
    assert kept <= MOST


def test_a_body_in_chunks_of_a_byte_is_bounded_too(gateway: Gateway) -> None:
    head = b"POST /photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + FORM.encode()
    head += b"\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in whole(JPEG.ljust(100_000, b".")))
    assert b" 202 " in gateway.send(body + b"0\r\n\r\n", head=head)[:20]
    endless = gateway.send(*[b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n"] * 30, head=head)
    assert b" 413 " in endless[:20]


def test_too_many_headers_and_too_long_ones_are_called_what_they_are(gateway: Gateway) -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(150))
    for headers in (many, b"X: " + b"y" * 20_000 + b"\r\n"):
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + b"\r\n"
        assert gateway.send(head=head).startswith(b"HTTP/1.1 431 ")
    assert gateway.send(head=b"GET /" + b"y" * 9000 + b" HTTP/1.1\r\n\r\n")[:13] == b"HTTP/1.1 414 "


@pytest.fixture
def impatient() -> Iterator[Gateway]:
    gateway = started(PERIOD="0.5")
    yield gateway
    end(gateway)


def test_slow_uploads_leave_room_for_others(impatient: Gateway) -> None:
    head = b"POST /photos HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + FORM.encode()
    head += b"\r\nContent-Length: 20000000\r\n\r\n" + HEAD % b"photo"
    slow = [socket.create_connection(("127.0.0.1", impatient.port), timeout=60) for _ in range(90)]
    for client in slow:
        client.sendall(head)
    until = time.monotonic() + 60
    while b" 202 " not in impatient.post(whole(JPEG))[:20]:
        assert time.monotonic() < until
    answers = [client.recv(1 << 16).partition(b"\r\n")[0] for client in slow]
    assert {answer.split()[1] for answer in answers} <= {b"408", b"429", b"503"}
    assert any(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    for client in slow:
        client.close()
