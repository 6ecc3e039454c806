"""The labs of the course, as their folders describe them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.state import PROJECT

LABS = PROJECT / "labs"
_FILE, _STORY, _NOTES = "lab.toml", "story.md", "instructor.md"
_HINTS = 3


class CourseError(ValueError):
    """A folder that is not a lab, or a number that no lab has; the message is one sentence."""


@dataclass(frozen=True)
class Row:
    """A role of an identity on a resource, all by the names that people use."""

    who: str
    role: str
    on: str
    why: str = ""


@dataclass(frozen=True)
class Edit:
    """A replacement of the one occurrence of `find` in a file of the Bicep."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True)
class Prediction:
    """A question to answer with yes or no before the lab, and the reason for its answer."""

    question: str
    answer: bool
    because: str


@dataclass(frozen=True)
class Lab:
    """A lab: the difference between the sample and its broken copy, and the text around it.

    `probes` are the kinds of requests that prove the lab.
    """

    number: int
    title: str
    concept: str
    minutes: int
    story: str
    notes: str
    prediction: Prediction
    hints: Sequence[str]
    revoke: Sequence[Row]
    grant: Sequence[Row]
    edits: Sequence[Edit]
    probes: Sequence[str]


def read_course(folder: Path = LABS) -> dict[int, Lab]:
    """Return every lab by its number. Raises CourseError."""
    found = (_read(each.parent) for each in sorted(folder.glob(f"*/{_FILE}")))
    return {each.number: each for each in found}


def lab_of(course: Mapping[int, Lab], number: int) -> Lab:
    """Return the lab with this number. Raises CourseError."""
    if number not in course:
        known = ", ".join(map(str, course))
        raise CourseError(f"there is no lab {number}; choose from {known}")
    return course[number]


def _read(folder: Path) -> Lab:
    try:
        found = tomllib.loads((folder / _FILE).read_text("utf-8"))
        return _lab(folder, found)
    except KeyError as error:
        raise CourseError(f"{folder / _FILE} lacks {error}") from error
    except (OSError, TypeError, ValueError) as error:
        raise CourseError(f"{folder} is not a lab: {error}") from error


def _lab(folder: Path, found: Mapping[str, Any]) -> Lab:
    hints, broken = found["hints"], found["break"]
    if len(hints) != _HINTS:
        raise ValueError(f"it has {len(hints)} hints, and not {_HINTS}")
    return Lab(
        number=int(folder.name.partition("-")[0]),
        title=found["title"],
        concept=found["concept"],
        minutes=found["minutes"],
        story=(folder / _STORY).read_text("utf-8").strip(),
        notes=(folder / _NOTES).read_text("utf-8").strip(),
        prediction=Prediction(**found["prediction"]),
        hints=hints,
        revoke=[Row(**each) for each in broken.get("revoke", ())],
        grant=[Row(**each) for each in broken.get("grant", ())],
        edits=[Edit(**each) for each in broken.get("bicep", ())],
        probes=found["probes"],
    )
