"""Requests to the control channel of a running sandbox."""

from collections.abc import Mapping
from typing import Any

import requests

from cli.lifecycle import require_running
from cli.terminal import fail
from sandbox import loopback
from sandbox.commands import RESTART
from sandbox.state import State

# Seconds. A change takes less than one; a service that ends slowly is not waited for.
_LONGEST = 60.0
_TOO_OLD = (
    "the sandbox on {} was started by an older version of Keyless, which takes no changes while it"
    f" runs; start it again: {RESTART}"
)


def ask(state: State, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the sandbox that runs on `state`; end the command by its error."""
    control = require_running(state).control
    if control is None:
        fail(_TOO_OLD.format(state.root))
    try:
        answer = loopback.ask(
            "POST",
            f"{control.address}/{verb}",
            json=body,
            headers={"Authorization": f"Bearer {control.key}"},
            timeout=_LONGEST,
        )
        found: dict[str, Any] = answer.json()
    except (requests.RequestException, ValueError) as error:
        fail(f"the sandbox on {state.root} does not answer: {type(error).__name__}")
    if not answer.ok:
        fail(str(found.get("error")))
    return found
