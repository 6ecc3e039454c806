"""The page that shows identities at work, without a sandbox: of an audit that a test writes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

from cli.lab_on_page import read_lab
from sandbox.audit import FILE, Audit, Gate, Outcome, Record
from sandbox.deployment import as_compiled, standing_assignments
from sandbox.edge import HttpListener
from sandbox.faults import Faults
from sandbox.page import Feed, Page, Running, application
from sandbox.rbac import Assignments
from sandbox.state import State
from sandbox.supervisor.settings import USUAL

DENIED = Record(
    time="2030-01-01T10:20:30.400Z",
    service="blob",
    outcome=Outcome.DENIED,
    operation="GetBlob",
    identity="gateway",
    action="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    scope="/subscriptions/a/resourceGroups/b/containers/originals",
    missing=("Storage Blob Data Reader",),
    token_id="denied-token",
)


@dataclass
class Work:
    """The page alone, of an audit that a test writes."""

    address: str
    audit: Audit
    state: State


async def settings_alone(verb: str, body: Any) -> Any:
    """Answer as a sandbox with the usual settings; a change needs a real one."""
    assert (verb, body) == ("set", {})
    return {"settings": USUAL.shown, "warnings": []}


@contextmanager
def served(state: State) -> Iterator[Work]:
    """Serve the page of the compiled deployment, of a state that no sandbox runs on."""
    deployment, audit = as_compiled(), Audit(state.path(FILE))
    assignments = Assignments(
        deployment.assignments,
        deployment.custom_roles,
        standing=standing_assignments(deployment),
    )
    gate = Gate(assignments, audit)
    planes = SimpleNamespace(
        deployment=deployment, assignments=assignments, gate=gate, faults=Faults()
    )
    running = Running(
        cast(Any, planes), state, "", state.root, change=settings_alone, read_lab=read_lab
    )
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), list[int]()
    made = Page(running, Feed(state.path(FILE)))
    listener = HttpListener(application(made), gate)

    async def serve() -> None:
        port.append(await listener.start())
        ready.set()

    def run() -> None:
        loop.create_task(serve())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(60)
    yield Work(f"http://127.0.0.1:{port[0]}/{made.key}/", audit, state)
    asyncio.run_coroutine_threadsafe(listener.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    audit.close()
