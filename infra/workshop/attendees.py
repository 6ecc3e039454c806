"""The attendees of a workshop, from arguments or the lines of a file."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

# main.bicep's rule for the name of an environment.
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 12


class AttendeeError(Exception):
    """An invalid attendee; the message is a sentence."""


@dataclass(frozen=True)
class Attendee:
    """One attendee: the name of the azd environment, and the user.

    `user` is a sign-in name or an object id.
    """

    name: str
    user: str

    @property
    def group(self) -> str:
        """The attendee's resource group."""
        return f"rg-keyless-{self.name}"


def read_attendees(words: Iterable[str], file: Path | None = None) -> Sequence[Attendee]:
    """Return the attendees in their given order.

    Each is `USER`, or `NAME=USER` to choose the name. In a file, each has a line; a `#` begins a
    comment. Raises AttendeeError if a name is invalid or used twice.
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
            f"'{word}' is not an attendee. Write USER or NAME=USER, where NAME has 2 to {_LONGEST} "
            "lower-case letters, digits and single hyphens."
        )
    return Attendee(name, user.strip())
