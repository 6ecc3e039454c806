"""Rotates the key, runs the learner's script with and without an identity, and reads the cards."""

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cli.lab.answer import judge_answer
from cli.lab.run import Finding, Run
from sandbox.audit import Outcome
from sandbox.entra import VAULT
from sandbox.partner.journal import FILE, Delivery, read
from sandbox.supervisor.operator import Operator

_SCRIPT, _CARDS, _WHO = "notify.py", "answers.toml", "notifier"
_CHOICES = ("identity", "federation", "certificate", "secret in a vault")
_RIGHT = Path(__file__).with_name("solution") / _CARDS


def check(run: Run) -> Iterator[Finding]:
    """Yield a finding on the webhook, on each token and denial of the script, and on each card."""
    proxy, ca = run.report.proxy, Path(run.report.ca)
    asyncio.run(Operator(run.state, run.deployment, proxy, ca).rotate())
    before, done = len(_heard(run)), run.script(_SCRIPT, _WHO)
    said = ", ".join(f"{each.answer} {each.reason}" for each in _heard(run)[before:])
    why = "" if "204" in said else f"the partner answered {said or 'nothing: it heard nothing'}"
    yield Finding(_WHO, "send a webhook that is signed with the key of now", why)
    allowed = [each.action for each in done.records if each.outcome is Outcome.ALLOWED]
    is_read = any("getSecret" in each for each in allowed)
    yield Finding(_WHO, "read that key in the vault", "" if is_read else "no request arrived")
    for each in done.records:
        if each.outcome is Outcome.DENIED:
            yield Finding(_WHO, each.action, "denied, and not needed: too much", too_much=True)
        if each.outcome is Outcome.ISSUED and each.resource.rstrip("/") != VAULT:
            fault = "only the vault needs one: too much"
            yield Finding(_WHO, f"get a token for {each.resource}", fault, too_much=True)
    before = len(_heard(run))
    run.script(_SCRIPT, None)
    kept = any(each.verified for each in _heard(run)[before:])
    fault = "the partner took its webhook, so the key is outside the vault: too much" * kept
    yield Finding("a program without an identity", f"run {_SCRIPT}", fault, too_much=kept)
    answers = run.answers().get("cards", {})
    for card, right in tomllib.loads(_RIGHT.read_text("utf-8"))["cards"].items():
        yield judge_answer(answers, card, right, _CHOICES, "see docs/when-not.md")


def _heard(run: Run) -> list[Delivery]:
    return list(read(run.state.path(FILE)))
