"""A request to the control channel of a running sandbox, by a command or a test."""

from collections.abc import Mapping
from typing import Any

import requests

from sandbox import loopback
from sandbox.supervisor.report import ControlReport

# Seconds. A change takes less than one; a service that ends slowly is not waited for.
_LONGEST = 60.0


class ControlRefusedError(ValueError):
    """A request that the sandbox refuses, or does not answer; the message is one sentence."""


def ask(control: ControlReport, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sandbox's answer to `verb`. Raises ControlRefusedError."""
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
        raise ControlRefusedError(f"the sandbox does not answer: {type(error).__name__}") from error
    if not answer.ok:
        raise ControlRefusedError(str(found.get("error")))
    return found
