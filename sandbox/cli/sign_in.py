"""`keyless sign-in`: answer for whoever shows a code, without a browser."""

from typing import Annotated

import requests
import typer

from sandbox.cli.options import StateOption, open_state
from sandbox.cli.running import the_running
from sandbox.cli.terminal import fail, one_sentence, out

_HOW = """\
A program that signs in, such as [bold]az login --use-device-code[/], shows a code. Enter it on
this page, or give it to this command:

  {}
"""


def sign_in(
    code: Annotated[str, typer.Argument(help="What the program shows; without it, the page.")] = "",
    as_: Annotated[str, typer.Option("--as", help="developer or operator")] = "developer",
    decline: Annotated[bool, typer.Option("--decline", help="Turn the program away.")] = False,
    state: StateOption = None,
) -> None:
    """Sign in to the sandbox: approve the CODE that a program shows you."""
    sign_in = the_running(open_state(state)).sign_in
    if not code:
        out.print(_HOW.format(sign_in.address))
        return
    answer = "decline" if decline else "approve"
    form = {"code": code, "who": as_, "key": sign_in.key, "answer": answer}
    with one_sentence(requests.RequestException), requests.Session() as session:
        session.trust_env = False  # loopback, whatever proxy the environment names
        headers = {"Accept": "text/plain"}
        answered = session.post(sign_in.page, data=form, headers=headers, timeout=30)
    if not answered.ok:
        fail(answered.text)
    out.print(answered.text)
