"""The things that a hint may name: whether a name between backticks is one that exists."""

import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import typer
from click import Command

from cli.application import _MODULES as COMMANDS
from cli.application import application
from cli.lab.breakage import role_guid, scope_of
from cli.lab.command import _ACTS
from cli.lab.course import CourseError, Lab
from cli.short_names import AmbiguousError, resolve
from sandbox.deployment import SNAPSHOT, as_compiled
from sandbox.faults import FAULTS
from sandbox.rbac import known_actions
from sandbox.state import PROJECT

SAMPLE = as_compiled()
KEYLESS = "./keyless"
_WORK = "work"


def exists(name: str, lab: Lab) -> bool:
    """Return whether a name is a command, an identity, a file, a variable, a role or a resource."""
    if name.startswith(f"{KEYLESS} "):
        return is_command(shlex.split(name)[1:], lab)
    return is_identity(name) or is_variable(name) or is_file(name, lab) or is_of_azure(name)


def is_command(words: Sequence[str], lab: Lab) -> bool:
    """Return whether a command has this name, these options, and nothing unknown as an argument."""
    name, *rest = words
    if name not in COMMANDS:
        return False
    own, program = _divided(rest)
    arguments = []
    takes_value = {
        option: not getattr(each, "is_flag", False)
        for each in command_of(name).params
        for option in each.opts
        if option.startswith("-")
    }
    words_left = iter(own)
    for each in words_left:
        if not each.startswith("-"):
            arguments.append(each)
        elif each not in takes_value:
            return False
        elif takes_value[each]:
            next(words_left, None)
    files = [each for each in program if each.endswith((".py", ".toml", ".js"))]
    return all(is_argument(each) for each in arguments) and all(is_file(f, lab) for f in files)


@cache
def command_of(name: str) -> Command:
    """Return a command of the command line, with its options."""
    group = typer.main.get_command(application(name))
    found: Command = group.commands[name]  # type: ignore[attr-defined]
    return found


def is_argument(word: str) -> bool:
    """Return whether a word is something that a command takes."""
    faults = {each.name for each in FAULTS}
    return is_identity(word) or word in faults or word in _ACTS or is_of_azure(word)


def is_identity(name: str) -> bool:
    """Return whether an identity has this name."""
    return any(name == each.name for each in (*SAMPLE.principals, SAMPLE.deployer))


def is_variable(name: str) -> bool:
    """Return whether an app has this variable."""
    return any(name in each.environment for each in SAMPLE.apps)


def is_file(name: str, lab: Lab) -> bool:
    """Return whether a file is in the Bicep, in the project, or in `work/` among the learner's."""
    parts = Path(name).parts
    if _WORK in parts:
        inside = Path(*parts[parts.index(_WORK) + 1 :])
        number = parts[parts.index(_WORK) - 1] if parts.index(_WORK) else f"{lab.number:02}"
        return number == f"{lab.number:02}" and (lab.start or lab.folder).joinpath(inside).is_file()
    return (SNAPSHOT.parent / name).is_file() or (PROJECT / name).is_file()


def is_of_azure(name: str) -> bool:
    """Return whether a name is a role, a resource, or an action of the sample."""
    for kind in (role_guid, scope_of):
        try:
            return bool(kind(SAMPLE, name))
        except (CourseError, AmbiguousError):
            continue
    try:
        return "/" in name and bool(resolve("action", name, known_actions(SAMPLE.custom_roles)))
    except AmbiguousError:
        return False


def _divided(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the words of the command, and those of the program after `--`."""
    if "--" not in words:
        return words, ()
    at = list(words).index("--")
    return words[:at], words[at + 1 :]
