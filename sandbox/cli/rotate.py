"""`keyless rotate`: a new signing key, as the operator sets it on Azure."""

import asyncio
from pathlib import Path

from sandbox.cli.options import StateOption, open_state
from sandbox.cli.running import the_running
from sandbox.cli.terminal import one_sentence, out
from sandbox.deployment import load
from sandbox.supervisor.clock import NeverBack
from sandbox.supervisor.operator import Operator, SigningKeyError

_DONE = """\
A new key is in the vault, and the partner has it. The notifier still has the old
one: its next webhook is refused with 401, it reads the new one and sends again."""


def rotate(state: StateOption = None) -> None:
    """As the operator: a new signing key, to the vault and to the partner; no restart."""
    opened = open_state(state)
    report = the_running(opened)
    clock = NeverBack(origin=report.clock)
    operator = Operator(opened, load(opened), report.proxy, Path(report.ca), clock)
    with one_sentence(SigningKeyError):
        asyncio.run(operator.rotate())
    out.print(_DONE)
