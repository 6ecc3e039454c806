"""`keyless sign-in`: approve a device code without a browser."""

import asyncio
from pathlib import Path
from typing import Annotated

import requests
import typer

from cli.env import users
from cli.lifecycle import require_running
from cli.options import StandInOption, StateOption, open_state
from cli.terminal import USAGE, fail, one_sentence, out
from sandbox.commands import IN_CONTAINER, KEYLESS
from sandbox.loopback import ask
from sandbox.state import State
from sandbox.supervisor import Az, Developer, Report, SignInError, SignInReport

_HOW = """\
A program that signs you in, such as [bold]az login --use-device-code[/], shows a code. {}
"""


def sign_in(
    *,
    code: Annotated[
        str, typer.Argument(help="The program's code. Without it, prints the sign-in page.")
    ] = "",
    as_: Annotated[str, typer.Option("--as", help="A user of the deployment.")] = "developer",
    decline: Annotated[bool, typer.Option("--decline", help="Decline the sign-in.")] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Start az login and approve its code, for scripts.")
    ] = False,
    stand_in: StandInOption = False,
    state: StateOption = None,
) -> None:
    """Sign in to the sandbox by approving the CODE that a program shows."""
    opened = open_state(state)
    report = require_running(opened)
    with one_sentence(ValueError):
        persons = users(opened)
    if as_ not in persons:
        known = ", ".join(persons) or "none"
        fail(f"unknown user {as_!r}; the deployment's users: {known}.", USAGE)
    if approve:
        if code or decline:
            fail(
                "--approve starts its own az login: it goes with neither a code nor --decline.",
                USAGE,
            )
        out.print(_signed_in(report, opened, Az.found(opened, stand_in), as_))
    elif code:
        answer = "decline" if decline else "approve"
        out.print(_answered(report.sign_in, code, as_, answer))
    else:
        out.print(_HOW.format(_where(report.sign_in)))


def _where(sign_in: SignInReport) -> str:
    if IN_CONTAINER:
        return f"Pass it to this command:\n\n  {KEYLESS} sign-in CODE"
    return f"Enter it on\nthis page, or pass it to this command:\n\n  {sign_in.address}"


def _signed_in(report: Report, state: State, az: Az, who: str) -> str:
    developer = Developer.of(az, report.proxy, Path(report.ca), state, who)

    def waits_for(code: str) -> None:
        _answered(report.sign_in, code, who, "approve")

    with one_sentence(SignInError):
        asyncio.run(developer.sign_in(waits_for))
    return f"You are signed in as the {who}, with {az}."


def _answered(sign_in: SignInReport, code: str, who: str, answer: str) -> str:
    form = {"code": code, "who": who, "key": sign_in.key, "answer": answer}
    with one_sentence(requests.RequestException):
        headers = {"Accept": "text/plain"}
        found = ask("POST", sign_in.page, data=form, headers=headers, timeout=30)
    if not found.ok:
        fail(found.text)
    return found.text
