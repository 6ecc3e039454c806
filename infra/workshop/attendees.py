"""The attendees of a workshop, as words of a command or as lines of a file."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# What main.bicep takes for the name of an environment.
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 12


class AttendeeError(Exception):
    """An attendee that cannot be one: a sentence."""


@dataclass(frozen=True)
class Attendee:
    """One attendee: the name of the azd environment, and who signs in.

    `user` is a sign-in name or an object id.
    """

    name: str
    user: str

    @property
    def group(self) -> str:
        """The resource group that the attendee holds."""
        return f"rg-keyless-{self.name}"


def read_attendees(words: Iterable[str], file: Path | None = None) -> Sequence[Attendee]:
    """Return the attendees in the order in which they are given.

    Each is `USER`, or `NAME=USER` to choose the name. In a file, each has a line; a `#` begins a
    comment. Raises AttendeeError where a name cannot be one, or is given twice.
    """
    found = [_attendee(each) for each in (*words, *_lines(file))]
    if not found:
        raise AttendeeError("Name at least one attendee, or a file with one on each line.")
    names = [each.name for each in found]
    for each in found:
        if names.count(each.name) > 1:
            users = " and ".join(other.user for other in found if other.name == each.name)
            raise AttendeeError(f"{users} are both called '{each.name}': write NAME=USER.")
    return found


def _lines(file: Path | None) -> Sequence[str]:
    if file is None:
        return ()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AttendeeError(f"The attendees in {file} cannot be read: {error}") from error
    return [text for each in lines if (text := each.partition("#")[0].strip())]


def _attendee(word: str) -> Attendee:
    name, is_chosen, user = word.rpartition("=")
    if not is_chosen:
        name = re.sub(r"[^a-z0-9]+", "-", user.partition("@")[0].lower())[:_LONGEST].strip("-")
    if not user.strip() or not (2 <= len(name) <= _LONGEST and _NAME.fullmatch(name)):
        raise AttendeeError(
            f"'{word}' names no attendee. Write USER or NAME=USER, where NAME has 2 to {_LONGEST} "
            "small letters, digits and single hyphens."
        )
    return Attendee(name, user.strip())
