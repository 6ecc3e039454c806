"""Each failure of a worker, on a real bus: the messages that wait, and the signs that show it.

docs/consumer.md has the table; a test here is a row of it.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, TransportType

from sandbox.deployment import Namespace
from tests.sandbox.servicebus.harness import Credential, Running, authority, until
from tests.sandbox.servicebus.world import BUS, PRINCIPALS, SETTINGS, queue
from tests.services.test_start import free_port, get

ROOT = Path(__file__).parents[3]
LOCK = 3  # seconds
SHORT = replace(SETTINGS, lock_duration=timedelta(seconds=LOCK), max_delivery_count=10)
LONG = replace(SHORT, lock_duration=timedelta(seconds=60))
PROGRAM = "tests.services.common.worker"


@dataclass
class Worker:
    """A worker process with its port and its output."""

    process: "subprocess.Popen[bytes]"
    port: int
    output: Path
    errors: Path

    @property
    def alive(self) -> int:
        return get(self.port, "/healthz")[0]

    @property
    def ready(self) -> int:
        return get(self.port, "/readyz")[0]

    def lines(self, level: str) -> list[dict[str, Any]]:
        """The lines of the log of this level."""
        lines = [json.loads(line) for line in self.output.read_text().splitlines()]
        return [line for line in lines if line["level"] == level]

    def handled(self) -> list[str]:
        return re.findall(r"^handled (\S+)$", self.errors.read_text(), re.MULTILINE)

    def begun(self) -> list[str]:
        return re.findall(r"^handling (\S+) in", self.errors.read_text(), re.MULTILINE)

    def pid(self) -> int:
        """The process that handles messages: gunicorn's worker."""
        found = re.findall(r" in (\d+)$", self.errors.read_text(), re.MULTILINE)
        return int(found[-1])


@dataclass
class Place:
    """A bus with one queue, and workers on it."""

    bus: Running
    folder: Path
    client: ServiceBusClient
    queue: str = "long"
    workers: list[Worker] = field(default_factory=list)

    def send(self, *bodies: str) -> None:
        """Send messages; each has its whole text as its id."""
        with self.client.get_queue_sender(self.queue) as sender:
            for body in bodies:
                sender.send_messages(ServiceBusMessage(body, message_id=body.replace(" ", "-")))

    def start(self) -> Worker:
        """Start a worker and wait until it is ready."""
        worker = self.launch("gunicorn", "--config", f"python:{PROGRAM}", f"{PROGRAM}:create_app()")
        until(lambda: worker.ready == 200)
        return worker

    def launch(self, module: str, *arguments: str) -> Worker:
        number, port = len(self.workers), free_port()
        output, errors = (self.folder / f"worker-{number}.{each}" for each in ("out", "err"))
        where = ("--bind", f"127.0.0.1:{port}") if module == "gunicorn" else ("--port", str(port))
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments, *where],
                cwd=ROOT,
                env=os.environ | self.environment(),
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.workers.append(Worker(process, port, output, errors))
        return self.workers[-1]

    def environment(self) -> dict[str, str]:
        trusted = self.folder / "ca.pem"
        authority().cert_pem.write_to_path(str(trusted))
        return {
            "WORKER_TOKEN": Credential(PRINCIPALS["owner"]).get_token().token,
            "WORKER_AUTHORITY": str(trusted),
            "WORKER_NAMESPACE": self.bus.namespace.host,
            "WORKER_BUS": f"sb://127.0.0.1:{self.bus.ports[TransportType.Amqp]}",
            "WORKER_QUEUE": self.queue,
        }

    def dead(self) -> int:
        return sum(held for path, held in self.bus.held().items() if "dead" in path.lower())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    namespace = Namespace(
        BUS, "sb-test", queues=(queue("short", SHORT), queue("long", LONG)), topics=()
    )
    with Running(tmp_path, namespace) as bus, bus.client("owner") as client:
        place = Place(bus, tmp_path, client)
        yield place
        for worker in place.workers:
            if worker.process.poll() is None:
                os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.wait()


@pytest.mark.parametrize("what", ["bug", "quit"])
def test_a_defect_becomes_a_dead_letter_and_a_good_message_does_not_wait(
    place: Place, what: str
) -> None:
    worker = place.start()
    place.send(*(f"{what} {number}" for number in range(4)), "good")
    until(lambda: worker.handled() == ["good"])
    until(lambda: place.dead() == 4)
    assert (worker.alive, worker.ready) == (200, 200)
    assert {"KeyError" if what == "bug" else "SystemExit"} == {
        re.search(r"WAIT|DEAD_LETTER", line["message"]) and line["message"].split(": ")[2]
        for line in worker.lines("ERROR")
    }
    assert all("Traceback" in line["error"] for line in worker.lines("ERROR"))


@pytest.mark.parametrize("failing", [4, 8])
def test_a_good_message_passes_those_that_a_partner_refuses(place: Place, failing: int) -> None:
    worker = place.start()
    place.send(*(f"refused {number}" for number in range(failing)), "good")
    begun = time.monotonic()
    until(lambda: worker.handled() == ["good"])
    print(f"behind {failing}: {time.monotonic() - begun:.1f} s")
    assert place.dead() == 0
    assert (worker.alive, worker.ready) == (200, 200)
    assert len(worker.lines("WARNING")) >= failing


def test_a_handler_that_hangs_is_reported_and_the_process_is_not_alive(place: Place) -> None:
    worker = place.start()
    place.send("hang", "good")
    until(lambda: worker.handled() == ["good"])
    until(lambda: worker.alive == 503)
    (line,) = until(lambda: worker.lines("ERROR"))
    assert "has not returned for 2 s" in line["message"]
    assert line["message_id"] == "hang"


def test_sigterm_ends_a_hanging_worker_soon_and_its_message_is_never_handled_twice_at_once(
    place: Place,
) -> None:
    first = place.start()
    place.send("hang")
    until(lambda: first.begun() == ["hang"])
    second = place.start()
    begun = time.monotonic()
    first.process.terminate()
    until(lambda: first.process.poll() is not None)
    print(f"ended after {time.monotonic() - begun:.1f} s")
    assert first.process.returncode == 0
    assert second.begun() == []  # the lock outlives the process: it was not given back
    assert place.bus.locked("long") == 1


def test_a_killed_workers_message_comes_to_another_when_its_lock_ends(place: Place) -> None:
    place.queue = "short"
    first = place.start()
    place.send("hang")
    until(lambda: first.begun() == ["hang"])
    second = place.start()
    os.killpg(first.process.pid, signal.SIGKILL)
    until(second.begun)


def test_a_frozen_workers_message_is_handled_by_another_and_settled_once(place: Place) -> None:
    place.queue = "short"
    first = place.start()
    place.send("slow")
    until(lambda: first.begun() == ["slow"])
    os.kill(first.pid(), signal.SIGSTOP)
    second = place.start()
    until(lambda: "slow" in second.handled())
    os.kill(first.pid(), signal.SIGCONT)
    until(lambda: "slow" in first.handled())
    until(lambda: any("lock was lost" in line["message"] for line in first.lines("WARNING")))
    place.send("good")
    until(lambda: "good" in first.handled() + second.handled())
    until(lambda: set(place.bus.held().values()) == {0})
    assert first.alive == second.alive == 200


def test_a_lost_lock_is_reported_and_the_message_is_not_settled(place: Place) -> None:
    worker = place.start()
    place.send("slow")
    until(lambda: worker.begun() == ["slow"])
    place.bus.purge("long")
    until(lambda: any("lock was lost" in line["message"] for line in worker.lines("WARNING")))
    place.send("good")
    until(lambda: worker.handled() == ["slow", "good"])
    assert (worker.alive, worker.ready) == (200, 200)


def test_a_right_that_is_missing_shows_in_readyz_and_the_log(place: Place) -> None:
    worker = place.launch(
        "gunicorn", "--config", f"python:{PROGRAM}", "--env", "WORKER_TOKEN=none",
        f"{PROGRAM}:create_app()",
    )  # fmt: skip
    until(lambda: any("lost its link" in line["message"] for line in worker.lines("WARNING")))
    assert (worker.alive, worker.ready) == (200, 503)


def test_flask_run_says_that_it_starts_nothing_and_is_not_alive(place: Place) -> None:
    worker = place.launch("flask", "--app", f"{PROGRAM}:create_app", "run")
    until(lambda: worker.alive == 503)
    assert "flask run starts no consumer" in worker.errors.read_text()
    assert worker.ready == 503
