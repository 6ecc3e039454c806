"""`keyless rotate`: a new signing key, set as the operator sets it on Azure."""

import asyncio
from pathlib import Path

from cli.lifecycle import require_running
from cli.options import StateOption, open_state
from cli.terminal import UNAVAILABLE, fail, one_sentence, out
from sandbox.deployment import load
from sandbox.supervisor.clock import MonotonicClock
from sandbox.supervisor.operator import Operator, SigningKeyError
from sandbox.supervisor.webhook_keys import WebhookKey

_NONE = (
    "this deployment has no signing key to rotate: no secret that a user may set"
    " (setSecret) and a service may read (getSecret)"
)


def rotate(state: StateOption = None) -> None:
    """Set a new signing key as the operator, in the vault and at the partner.

    The services keep running.
    """
    opened = open_state(state)
    report = require_running(opened)
    clock = MonotonicClock(origin=report.clock)
    operator = Operator(opened, load(opened), report.proxy, Path(report.ca), clock)
    with one_sentence(SigningKeyError):
        keys = asyncio.run(operator.rotate())
    if not keys:
        fail(_NONE, UNAVAILABLE)
    for each in keys:
        out.print(in_words(each), markup=False)


def in_words(key: WebhookKey) -> str:
    """Return sentences on a rotation of `key`, and on when its services read the new one."""
    verb = "still have" if len(key.signers) > 1 else "still has"
    old = f"{' and '.join(key.signers)} {verb} the old key"
    new = f"The {key.setter.name} has set a new {key.secret} in the vault"
    if not key.addresses:
        return f"{new}.\n{old} until the next read (services/common/vault.py)."
    return (
        f"{new}, and the partner has it.\n{old}: its next webhook is refused with 401; then it"
        " reads the new key\nand sends the webhook again."
    )
