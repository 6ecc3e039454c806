"""Requests to the control channel of a running sandbox."""

from collections.abc import Mapping
from typing import Any

from cli.lifecycle import require_running
from cli.terminal import fail, one_sentence
from sandbox.commands import RESTART
from sandbox.state import State
from sandbox.supervisor import control_request
from sandbox.supervisor.control_request import ControlRefusedError

_TOO_OLD = (
    "the sandbox on {} was started by an older version of Keyless, which takes no changes while it"
    f" runs; start it again: {RESTART}"
)


def ask(state: State, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the sandbox that runs on `state`; end the command by its error."""
    control = require_running(state).control
    if control is None:
        fail(_TOO_OLD.format(state.root))
    with one_sentence(ControlRefusedError):
        return control_request.ask(control, verb, body)
