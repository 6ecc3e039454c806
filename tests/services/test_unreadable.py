"""The four services repeat nothing of a request that cannot be read."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.services.common.test_server import SECRET, UNREADABLE, say
from tests.services.test_start import ENVIRONMENT, SERVICES, free_port, get, start

CHUNKED = b"POST /photos HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: "


@pytest.fixture
def running() -> Iterator[dict[str, tuple[int, "subprocess.Popen[str]"]]]:
    """All four services at once, with nothing to talk to."""
    ports = {name: free_port() for name in SERVICES}
    started = {name: (port, start(name, port, ENVIRONMENT)) for name, port in ports.items()}
    yield started
    for _, process in started.values():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_what_cannot_be_read_is_refused_and_neither_logged_nor_sent_back(
    running: dict[str, tuple[int, "subprocess.Popen[str]"]],
) -> None:
    for name, (port, process) in running.items():
        assert get(port, "/healthz") == (200, {"ok": True})
        for request, status in UNREADABLE:
            answer = say(port, request)
            assert int(answer.split()[1]) == status, (name, request, answer)
            assert SECRET not in answer, (name, request)
        assert get(port, "/healthz") == (200, {"ok": True})
        process.send_signal(signal.SIGTERM)
    for name, (_, process) in running.items():
        output, errors = process.communicate(timeout=30)
        assert SECRET.decode() not in output + errors, name
        messages = [json.loads(line)["message"] for line in output.splitlines()]
        refused = [each for each in messages if each.startswith("A request could not be read: ")]
        assert len(refused) == len(UNREADABLE), messages


def test_a_broken_body_is_the_senders_fault_and_is_not_repeated_either(
    running: dict[str, tuple[int, "subprocess.Popen[str]"]],
) -> None:
    port, process = running["gateway"]
    assert get(port, "/healthz") == (200, {"ok": True})
    form, other = b"multipart/form-data; boundary=b", b"application/x-www-form-urlencoded"
    for kind, status in ((form, 400), (other, 415)):
        answer = say(port, CHUNKED + kind + b"\r\n\r\n%s\r\n" % SECRET)
        assert int(answer.split()[1]) == status, answer
        assert SECRET not in answer
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert SECRET.decode() not in output
