"""`keyless as`: run one program as a service, the developer or the operator."""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from cli.env import WhoArgument, as_anybody, check_stand_in, of_others, people
from cli.options import StandInOption, StateOption, open_state
from cli.programs import NOT_FOUND, NOT_RUN, run
from cli.relay import relayed
from cli.running import the_running
from cli.terminal import fail, one_sentence
from cli.witness import Whose, Witness
from sandbox.audit import FILE
from sandbox.commands import KEYLESS
from sandbox.deployment import load
from sandbox.state import PROJECT, State
from sandbox.supervisor import Az, Developer, Report


def as_(
    who: WhoArgument,
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The program.")],
    state: StateOption = None,
    json_: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write what it was allowed and refused to FILE."
        ),
    ] = None,
    stand_in: StandInOption = False,
) -> None:
    """Run COMMAND as WHO: ./keyless as gateway -- .venv/bin/python my_script.py

    What it is refused, and why, comes on stderr at once; at its end, all that it was allowed and
    refused. Ends with the program's own status.
    """
    umask = os.umask(0o077)
    opened = open_state(state)
    report = the_running(opened)
    with one_sentence(KeyError, ValueError):
        check_stand_in(who, stand_in, opened)
        variables = as_anybody(report, who, opened)
        names = _names(opened, who)
        is_a_person = who in people(opened)
    if is_a_person:
        variables |= _signed_in(report, opened, who, Az.found(opened, stand_in))
    with ExitStack() as stack, one_sentence(OSError):
        tokens = None
        if "IDENTITY_ENDPOINT" in variables:
            relay = stack.enter_context(relayed(variables["IDENTITY_ENDPOINT"]))
            variables["IDENTITY_ENDPOINT"], tokens = relay.address, relay.tokens
        witness = Witness(Whose(names, tokens), opened.path(FILE), _size(opened.path(FILE)))
        status = _watched(witness, command, _environment(report, variables), umask)
    witness.end(who)
    if json_ is not None:
        with one_sentence(OSError):
            json_.write_text(witness.as_json(who, status))
    raise typer.Exit(status)


def _names(state: State, who: str) -> frozenset[str]:
    """The identities that a program may have as `who`: an app's own, and those attached to it."""
    app = next((each for each in load(state).apps if each.name == who), None)
    return frozenset({who, *(each.identity.name for each in (app.attachments if app else ()))})


def _signed_in(report: Report, state: State, who: str, az: Az) -> dict[str, str]:
    """The PATH that leads to the Azure CLI of `who`; ends the command if nobody signed in by it."""
    person = Developer.of(az, report.proxy, Path(report.ca), state, who)
    if not asyncio.run(person.is_signed_in(load(state).principal(who).principal_id)):
        stand_in = " --stand-in" * az.stands_in
        fail(
            f"nobody has signed in as the {who}; first run"
            f" {KEYLESS} sign-in --approve --as {who}{stand_in}"
        )
    return {"PATH": az.first_on(os.environ["PATH"])} if az.stands_in else {}


def _environment(report: Report, variables: dict[str, str]) -> dict[str, str]:
    """The user's own, but for what would make the program act as another or go elsewhere."""
    others = of_others(report, variables)
    own = {name: value for name, value in os.environ.items() if name not in others}
    if own.get("PYTHONPATH") == str(PROJECT):
        del own["PYTHONPATH"]  # ./keyless set it for itself
    return own | variables


def _watched(witness: Witness, command: list[str], environment: dict[str, str], umask: int) -> int:
    """Run the program while `witness` looks on; ends the command if it cannot be started."""
    watching = Thread(target=witness.follow, daemon=True)
    watching.start()
    try:
        return run(command, environment, umask)
    except FileNotFoundError:
        fail(f"no program is called {command[0]}", NOT_FOUND)
    except OSError as error:
        fail(f"{command[0]} cannot be run: {error.strerror}", NOT_RUN)
    finally:
        witness.ended = True
        watching.join()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
