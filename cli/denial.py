"""One denial: the same blob, read by the same program, as two identities."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from cli.demo_run import Arrival, DemoError
from cli.terminal import out
from cli.trace import table
from sandbox.audit import FILE, Record, read
from sandbox.deployment import load
from sandbox.printable import printable
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, minimal_environment
from sandbox.supervisor.program_variables import service_variables

_ALLOWED, _DENIED = "thumbnailer", "gateway"
_READ_ORIGINAL = Path(__file__).with_name("read_original.py")


@dataclass(frozen=True)
class Attempt:
    """One read of the original by one identity: the program's output, and the audit's record."""

    identity: str
    output: str
    status: int
    record: Record


@dataclass(frozen=True)
class Reader:
    """A started program that acts as `identity`, and waits for the URL of the blob to read."""

    identity: str
    process: "subprocess.Popen[str]"


@contextmanager
def readers(state: State, report: Report) -> Iterator[Sequence[Reader]]:
    """Start a reader that is allowed, and one that is denied; end both with the block.

    Most of a read is the program's start, so they start while the photos are on their way.
    """
    with ExitStack() as stack:
        yield [_started(stack, state, report, each) for each in (_ALLOWED, _DENIED)]


def _started(stack: ExitStack, state: State, report: Report, identity: str) -> Reader:
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, "-P", str(_READ_ORIGINAL)],
            env={
                **minimal_environment(state.folder("home")),
                **service_variables(report, identity, state),
            },
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    )
    stack.callback(process.kill)
    return Reader(identity, process)


def one_denial(
    state: State, started: Sequence[Reader], arrival: Arrival
) -> tuple[Attempt, Attempt]:
    """Read the original of `arrival` by both readers at once. Raises DemoError."""
    deployment = load(state)
    container = deployment.app("gateway").environment["STORAGE_ORIGINALS_CONTAINER"]
    url = f"https://{deployment.storage.host}/{container}/{arrival.id}"
    scope = deployment.storage.container_id(container)
    with ThreadPoolExecutor() as pool:
        allowed, denied = pool.map(lambda each: _read(state, each, url, scope), started)
    return allowed, denied


def _read(state: State, reader: Reader, url: str, scope: str) -> Attempt:
    """Have the blob at `url` read. Raises DemoError.

    `scope` is the container's resource id, which the audit records.
    """
    before = sum(1 for _ in read(state.path(FILE)))
    output, errors = reader.process.communicate(url)
    for record in list(read(state.path(FILE)))[before:]:
        is_read = record.action.endswith("/blobs/read") and record.scope == scope
        if is_read and record.identity == reader.identity:
            return Attempt(reader.identity, output.strip(), reader.process.returncode, record)
    raise DemoError(f"{reader.identity} could not read {url}: {errors.strip()[-300:]}")


def print_denial(allowed: Attempt, denied: Attempt) -> None:
    out.print("\n[bold]One denial: the same blob, the same code, two identities[/]")
    for each in (allowed, denied):
        mark = "[bold red]✗[/]" if each.status else "[green]✓[/]"
        output = escape(printable(each.output))
        out.print(f"{mark} as {each.identity:<12} blob.download_blob()   {output}")
    out.print()
    out.print(table([allowed.record, denied.record], "Both reads, from the audit"))
