"""Where the tests plant while something runs: in a process and a state folder of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sandbox.audit import FILE, Audit, Outcome, Record
from sandbox.state import State
from sandbox.telemetry import FILE as TELEMETRY
from sandbox.telemetry import Item, Store
from tests.keys.running import audit, environments, logs, telemetry
from tests.keys.scan import Text
from tests.keys.spots import assigned

RUNNING: Mapping[str, str] = {
    "environments": "environment of python",
    "logs": "gateway.log",
    "telemetry": TELEMETRY,
    "audit": FILE,
}


@contextmanager
def planted_running(state: State, keys: Mapping[str, str]) -> Iterator[Sequence[Text]]:
    """The running places, of a process and a state folder that hold `keys` and nothing else."""
    _write(state, [assigned(name, value) for name, value in keys.items()])
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    there = {"PATH": os.environ.get("PATH", os.defpath), **keys}
    with subprocess.Popen(waiting, env=there, stdin=subprocess.PIPE):
        yield [*environments(os.getpid()), *logs(state), *telemetry(state), *audit(state)]


def _write(state: State, said: Sequence[str]) -> None:
    lines = [json.dumps({"level": "INFO", "message": each}) for each in said]
    (state.folder("logs") / "gateway.log").write_text("\n".join(lines))
    book, store = Audit(state.path(FILE)), Store(state.path(TELEMETRY))
    store.add(_item(each) for each in said)
    store.close()
    for each in said:
        book.write(Record("now", "blob", Outcome.REFUSED, "Get Blob", reason=each))
    book.close()


def _item(said: str) -> Item:
    of_gateway = ("gateway", "gateway", "GET", 0.1, True, "200", "", {"message": said})
    return Item("now", "AppTraces", "operation", "id", "", *of_gateway)
