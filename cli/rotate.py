"""`keyless rotate`: a new signing key, as the operator sets it on Azure."""

import asyncio
from pathlib import Path

from cli.options import StateOption, open_state
from cli.running import the_running
from cli.terminal import UNAVAILABLE, fail, one_sentence, out
from sandbox.deployment import load
from sandbox.supervisor.clock import NeverBack
from sandbox.supervisor.operator import Operator, SigningKeyError
from sandbox.supervisor.webhook_keys import WebhookKey

_NONE = (
    "this deployment has no key to rotate: no secret that a user may set"
    " (setSecret) and a service may read (getSecret)"
)


def rotate(state: StateOption = None) -> None:
    """Set a new signing key as the user who may: in the vault and at the partner; no restart."""
    opened = open_state(state)
    report = the_running(opened)
    clock = NeverBack(origin=report.clock)
    operator = Operator(opened, load(opened), report.proxy, Path(report.ca), clock)
    with one_sentence(SigningKeyError):
        keys = asyncio.run(operator.rotate())
    if not keys:
        fail(_NONE, UNAVAILABLE)
    for each in keys:
        out.print(in_words(each), markup=False)


def in_words(key: WebhookKey) -> str:
    """Say what a rotation of `key` has done, and how its service takes it up."""
    verb = "still have" if len(key.signers) > 1 else "still has"
    old = f"{' and '.join(key.signers)} {verb} the old one"
    new = f"The {key.setter.name} has set a new {key.secret} in the vault"
    if not key.addresses:
        return f"{new}.\n{old} until it is read again (services/common/vault.py)."
    return (
        f"{new}, and the partner has it.\n{old}: the next webhook is refused with 401, the new one"
        " is read,\nand it is sent again."
    )
