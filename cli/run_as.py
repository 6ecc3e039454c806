"""`keyless as`: run one program as a service or a user."""

import asyncio
import os
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from cli.env import WhoArgument, check_stand_in, users, variables_of, variables_to_unset
from cli.lifecycle import require_running
from cli.options import StandInOption, StateOption, open_state
from cli.program_audit import Attribution, ProgramAudit
from cli.programs import NOT_FOUND, NOT_RUN, run
from cli.terminal import fail, one_sentence
from cli.token_relay import relayed
from sandbox.audit import FILE
from sandbox.commands import KEYLESS
from sandbox.deployment import DEPLOYER, load
from sandbox.state import PROJECT, State
from sandbox.supervisor import Az, Developer, Report

# The launcher keeps the user's PYTHONPATH here (setup/variables.py): its own replaces it.
USERS_PYTHONPATH = "KEYLESS_PYTHONPATH"


def as_(
    who: WhoArgument,
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The program.")],
    state: StateOption = None,
    json_: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write its allowed and refused requests to FILE."
        ),
    ] = None,
    stand_in: StandInOption = False,
) -> None:
    """Run COMMAND as WHO: ./keyless as gateway -- .venv/bin/python my_script.py

    Prints each refusal and its reason on stderr as it happens, and at the end a summary of all
    that was allowed and refused. Exits with the program's own status.
    """
    umask = os.umask(0o077)
    opened = open_state(state)
    report = require_running(opened)
    with one_sentence(KeyError, ValueError):
        check_stand_in(who, stand_in, opened)
        variables = variables_of(report, who, opened)
        names = _names(opened, who)
        is_a_person = who in users(opened)
    if is_a_person:
        variables |= _signed_in(report, opened, who, Az.found(opened, stand_in))
    with ExitStack() as stack, one_sentence(OSError):
        tokens = None
        if "IDENTITY_ENDPOINT" in variables:
            relay = stack.enter_context(relayed(variables["IDENTITY_ENDPOINT"]))
            variables["IDENTITY_ENDPOINT"], tokens = relay.address, relay.tokens
        audit = ProgramAudit(
            Attribution(names, tokens), opened.path(FILE), _size(opened.path(FILE))
        )
        status = _watched(audit, command, _environment(report, variables), umask, is_a_person)
    audit.end(who)
    if json_ is not None:
        with one_sentence(OSError):
            json_.write_text(audit.as_json(who, status))
    raise typer.Exit(status)


def _names(state: State, who: str) -> frozenset[str]:
    """Return the identities that `who` can use: the app's own, and those attached to it."""
    app = next((each for each in load(state).apps if each.name == who), None)
    return frozenset({who, *(each.identity.name for each in (app.attachments if app else ()))})


def _signed_in(report: Report, state: State, who: str, az: Az) -> dict[str, str]:
    """Return the PATH to the Azure CLI of `who`; end the command unless `who` is signed in."""
    person = Developer.of(az, report.proxy, Path(report.ca), state, who)
    if not asyncio.run(person.is_signed_in(load(state).principal(who).principal_id)):
        stand_in = " --stand-in" * az.stands_in
        fail(
            f"no one has signed in as the {who}; first run"
            f" {KEYLESS} sign-in --approve --as {who}{stand_in}"
        )
    return {"PATH": az.first_on(os.environ["PATH"])} if az.stands_in else {}


def _environment(report: Report, variables: dict[str, str]) -> dict[str, str]:
    """Return the user's environment without variables of another identity, or of real Azure."""
    others = variables_to_unset(report, variables)
    own = {name: value for name, value in os.environ.items() if name not in others}
    path = own.get("PYTHONPATH", "")
    if path == str(PROJECT):  # ./keyless set it for itself
        path = own.pop(USERS_PYTHONPATH, "")
    return own | variables | {"PYTHONPATH": _joined(variables["PYTHONPATH"], path)}


def _joined(folder: str, path: str) -> str:
    """Return `path` with `folder` first, once."""
    others = [each for each in path.split(os.pathsep) if each not in {"", folder}]
    return os.pathsep.join([folder, *others])


def _watched(
    audit: ProgramAudit,
    command: list[str],
    environment: dict[str, str],
    umask: int,
    is_a_person: bool,
) -> int:
    """Run the program while `audit` follows the audit; end the command if it cannot start."""
    watching = Thread(target=audit.follow, daemon=True)
    watching.start()
    try:
        return run(command, environment, umask)
    except FileNotFoundError:
        fail(not_found(command, is_a_person=is_a_person), NOT_FOUND)
    except OSError as error:
        fail(f"cannot run {command[0]}: {error.strerror}", NOT_RUN)
    finally:
        audit.ended = True
        watching.join()


def not_found(command: Sequence[str], *, is_a_person: bool) -> str:
    """Return a sentence on an absent program; a sandbox's own az is only on a user's PATH."""
    if command[0] != "az" or is_a_person:
        return f"command not found: {command[0]}"
    instead = f"{KEYLESS} as {DEPLOYER} -- {shlex.join(command)}"
    return f"command not found: az: services do not use az; try {instead}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
