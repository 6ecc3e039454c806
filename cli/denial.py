"""The demo's denial: the same code reads one blob under two identities, and one is denied."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from cli.env import as_service
from cli.terminal import out
from cli.trace import table
from cli.walk import Arrival, DemoError
from sandbox.audit import FILE, Record, read
from sandbox.deployment import load
from sandbox.printable import printable
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, of_any_process

_READ_ORIGINAL = Path(__file__).with_name("read_original.py")


@dataclass(frozen=True)
class Attempt:
    """One read of the original by one identity: the program's output, and the audit's record."""

    identity: str
    output: str
    status: int
    record: Record


def one_denial(state: State, report: Report, arrival: Arrival) -> tuple[Attempt, Attempt]:
    """Read as the thumbnailer, which is allowed, and as the gateway, which is denied.

    Both at once, since most of each is a program's start. Raises DemoError.
    """
    deployment = load(state)
    container = deployment.app("gateway").environment["STORAGE_ORIGINALS_CONTAINER"]
    url = f"https://{deployment.storage.host}/{container}/{arrival.id}"
    scope = deployment.storage.container_id(container)

    def read_as(identity: str) -> Attempt:
        return _attempt(state, report, identity, url, scope)

    with ThreadPoolExecutor() as pool:
        allowed, denied = pool.map(read_as, ("thumbnailer", "gateway"))
    return allowed, denied


def _attempt(state: State, report: Report, identity: str, url: str, scope: str) -> Attempt:
    """Read the blob at `url` with the SDK, in a process that acts as `identity`. Raises DemoError.

    `scope` is the container's resource id, which the audit records.
    """
    before = sum(1 for _ in read(state.path(FILE)))
    done = subprocess.run(
        [sys.executable, "-P", str(_READ_ORIGINAL), url],
        env={**of_any_process(state.folder("home")), **as_service(report, identity, state)},
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    for record in list(read(state.path(FILE)))[before:]:
        is_read = record.action.endswith("/blobs/read") and record.scope == scope
        if is_read and record.identity == identity:
            return Attempt(identity, done.stdout.strip(), done.returncode, record)
    raise DemoError(f"{identity} could not read {url}: {done.stderr.strip()[-300:]}")


def print_denial(allowed: Attempt, denied: Attempt) -> None:
    out.print("\n[bold]One denial: the same blob, the same code, two identities[/]")
    for each in (allowed, denied):
        mark = "[bold red]✗[/]" if each.status else "[green]✓[/]"
        output = escape(printable(each.output))
        out.print(f"{mark} as {each.identity:<12} blob.download_blob()   {output}")
    out.print()
    out.print(table([allowed.record, denied.record], "Both reads, from the audit"))
