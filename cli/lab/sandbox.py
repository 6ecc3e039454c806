"""The sandbox of a lab: its start with the lab's services, settings and faults, and its end."""

from collections.abc import Iterator
from typing import Any

from cli.control import ask
from cli.lab.course import BegunFault, Lab, Recreated
from cli.lab.folders import LabFolder
from cli.lifecycle import end as end_sandbox
from cli.lifecycle import start_detached
from cli.options import open_state
from cli.terminal import exit_on_signals, fail, ignoring_signals, out
from sandbox.commands import KEYLESS
from sandbox.deployment import load, mark_as_own, recreate, remember
from sandbox.deployment.given_snapshot import compiled_path
from sandbox.durations import parse_duration
from sandbox.state import State
from sandbox.supervisor import holder

_STORAGE = "https://storage.azure.com/.default"
# Seconds until a service that is not ready is left alone: a lab may have broken it.
_PATIENCE = 8


def begin(lab: Lab, folder: LabFolder) -> None:
    """Write the broken copy, and start its sandbox. Raises OSError or CourseError.

    A start that fails or is interrupted leaves no sandbox, and the next one starts afresh.
    """
    folder.write(lab)
    try:
        with exit_on_signals():
            _begin(lab, folder)
    except BaseException:
        with ignoring_signals():
            end(folder)
            folder.snapshot.unlink(missing_ok=True)
        raise


def _begin(lab: Lab, folder: LabFolder) -> None:
    state = open_state(folder.state)
    remember(state, folder.snapshot)
    mark_as_own(state, folder.snapshot, compiled_path(state, folder.parameters))
    up(lab, folder)
    for each in lab.broken.recreated:
        _recreate(state, folder, each)
    if lab.broken.recreated:
        ask(state, "apply", {})
    if lab.check is not None:
        # The SDKs take a second to import, and only such a lab needs them.
        from cli.lab.check_file import prepare  # noqa: PLC0415
        from cli.lab.run import Run  # noqa: PLC0415

        prepare(lab.check, Run(state, folder.snapshot, folder.work))


def up(lab: Lab, folder: LabFolder) -> None:
    """Start the sandbox of a lab that was begun, unless it runs."""
    state = open_state(folder.state)
    if holder(state) is not None:
        return
    with out.status("starting the lab's sandbox"):
        start_detached(state, 0, lambda _: None, list(_options(lab)), stays=True)
    for each in lab.broken.faults:
        ask(state, "fault", _request(each))


def end(folder: LabFolder) -> None:
    """End the sandbox of a lab, if it runs; its files stay."""
    if folder.exists() and holder(open_state(folder.state)) is not None:
        end_sandbox(open_state(folder.state))


def require(lab: Lab, folder: LabFolder) -> State:
    """Return the state of a lab's running sandbox; end the command if it does not run."""
    state = open_state(folder.state)
    if holder(state) is None:
        fail(f"the sandbox of lab {lab.number} has ended; start it: {KEYLESS} lab {lab.number}")
    return state


def _options(lab: Lab) -> Iterator[str]:
    """Yield the options of `up` for a lab."""
    yield from (f"--only={name}" for name in lab.services)
    if not lab.services:
        yield "--endpoints"
    yield from (f"--{name}={value}" for name, value in lab.settings.items())
    yield f"--wait={_PATIENCE}"


def _recreate(state: State, folder: LabFolder, each: Recreated) -> None:
    """Delete and recreate an identity; keep the token that it had, if the lab needs it."""
    if each.token:
        # The testing package takes half a second to import, and only this needs it.
        from sandbox.testing.deployment import Keyless  # noqa: PLC0415

        identity = Keyless(folder.snapshot, state).as_identity(each.identity)
        folder.work.mkdir(exist_ok=True)
        token = folder.work / each.token
        token.touch(0o600)
        token.write_text(identity.credential.get_token(_STORAGE).token)
    recreate(state, load(state).principal(each.identity).resource_id)


def _request(each: BegunFault) -> dict[str, Any]:
    """Return the request of a fault to the control channel."""
    if each.seed:
        return {"seed": each.seed, "count": each.count}
    return {"begin": each.name, "on": each.on, "seconds": parse_duration(each.lasts)}
