"""The labs of the course, as their folders describe them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.durations import parse_duration
from sandbox.state import PROJECT
from sandbox.supervisor.settings import USUAL, changed

LABS = PROJECT / "labs"
_FILE, _STORY, _NOTES = "lab.toml", "story.md", "instructor.md"
_START, _SOLUTION, _CHECK = "start", "solution", "check.py"
_HINTS = 3
_KEYS = frozenset(
    {"title", "concept", "minutes", "hints", "prediction", "break", "probes", "services", "sandbox"}
)
_BREAKS = ("revoke", "grant", "setting", "property", "bicep", "recreate", "fault")


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
class Setting:
    """A variable of an app, with the value that the broken copy has; None for no such variable."""

    app: str
    name: str
    value: str | None = None


@dataclass(frozen=True)
class Property:
    """A property of a resource, with the value that the broken copy has; `on` is as in a Row."""

    on: str
    name: str
    value: bool | int | str


@dataclass(frozen=True)
class Recreated:
    """An identity that is deleted and recreated once the lab's sandbox runs.

    `token` is a file in the learner's folder for the token for Blob Storage that it had before.
    """

    identity: str
    token: str = ""


@dataclass(frozen=True)
class BegunFault:
    """A fault of `./keyless fault` that begins with the lab's sandbox, or an incident by its seed.

    `lasts` is a duration, such as 1h.
    """

    name: str = ""
    on: str = ""
    lasts: str = "1h"
    seed: str = ""
    count: int = 3

    def __post_init__(self) -> None:
        """Raise ValueError for a fault or a duration that does not exist."""
        if bool(self.name) == bool(self.seed):
            raise ValueError("a fault has a name, or the seed of an incident")
        if self.name:
            # Half a second of imports, for which no other lab should wait.
            from sandbox.faults import fault  # noqa: PLC0415

            fault(self.name)
        parse_duration(self.lasts, least=1)


@dataclass(frozen=True)
class Prediction:
    """A question to answer with yes or no before the lab, and the reason for its answer."""

    question: str
    answer: bool
    because: str


@dataclass(frozen=True)
class Break:
    """The difference between the sample and its broken copy."""

    revoke: Sequence[Row] = ()
    grant: Sequence[Row] = ()
    settings: Sequence[Setting] = ()
    properties: Sequence[Property] = ()
    edits: Sequence[Edit] = ()
    recreated: Sequence[Recreated] = ()
    faults: Sequence[BegunFault] = ()

    @property
    def has_other_resources(self) -> bool:
        """True if no role assignment alone mends it: a snapshot has to be applied."""
        return bool(self.settings or self.properties)


@dataclass(frozen=True)
class Lab:
    """A lab: the difference between the sample and its broken copy, and the text around it.

    `probes` are the kinds of requests that prove the lab. `services` run in its sandbox, with
    `settings` as of `./keyless set`. `folder` has the learner's files and the lab's own check.
    """

    number: int
    title: str
    concept: str
    minutes: int
    story: str
    notes: str
    prediction: Prediction
    hints: Sequence[str]
    broken: Break
    probes: Sequence[str]
    folder: Path
    services: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def start(self) -> Path | None:
        """The learner's files as the lab begins, if it has any."""
        return _existing(self.folder / _START)

    @property
    def solution(self) -> Path | None:
        """Those of the learner's files that need a change, solved."""
        return _existing(self.folder / _SOLUTION)

    @property
    def check(self) -> Path | None:
        """The lab's own check, if it has one."""
        return _existing(self.folder / _CHECK)


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


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def _read(folder: Path) -> Lab:
    try:
        found = tomllib.loads((folder / _FILE).read_text("utf-8"))
        lab = _lab(folder, found)
    except KeyError as error:
        raise CourseError(f"{folder / _FILE} lacks {error}") from error
    except (OSError, TypeError, ValueError) as error:
        raise CourseError(f"{folder} is not a lab: {error}") from error
    if problem := _problem(lab, found):
        raise CourseError(f"{folder} is not a lab: {problem}")
    return lab


def _lab(folder: Path, found: Mapping[str, Any]) -> Lab:
    has_files = (folder / _START).is_dir()
    broken = found.get("break", {}) if has_files else found["break"]
    settings = found.get("sandbox", {})
    changed(USUAL, settings)  # raises for a setting or a value that does not exist
    return Lab(
        number=int(folder.name.partition("-")[0]),
        title=found["title"],
        concept=found["concept"],
        minutes=found["minutes"],
        story=(folder / _STORY).read_text("utf-8").strip(),
        notes=(folder / _NOTES).read_text("utf-8").strip(),
        prediction=Prediction(**found["prediction"]),
        hints=found["hints"],
        broken=_break(broken),
        probes=found.get("probes", ()),
        folder=folder,
        services=found.get("services", ()),
        settings=settings,
    )


def _break(found: Mapping[str, Any]) -> Break:
    if unknown := found.keys() - _BREAKS:
        raise ValueError(f"[break] has {min(unknown)!r}, which is none of {', '.join(_BREAKS)}")
    return Break(
        revoke=tuple(Row(**each) for each in found.get("revoke", ())),
        grant=tuple(Row(**each) for each in found.get("grant", ())),
        settings=tuple(Setting(**each) for each in found.get("setting", ())),
        properties=tuple(Property(**each) for each in found.get("property", ())),
        edits=tuple(Edit(**each) for each in found.get("bicep", ())),
        recreated=tuple(Recreated(**each) for each in found.get("recreate", ())),
        faults=tuple(_fault(**each) for each in found.get("fault", ())),
    )


def _fault(**found: Any) -> BegunFault:
    lasts = found.pop("for", None)  # as the option, and a word of Python's own
    return BegunFault(**found, **({} if lasts is None else {"lasts": lasts}))


def _problem(lab: Lab, found: Mapping[str, Any]) -> str:
    """Return a sentence on what the lab contradicts; empty if all is well."""
    if unknown := found.keys() - _KEYS:
        return f"it has {min(unknown)!r}, which no lab has"
    if len(lab.hints) != _HINTS:
        return f"it has {len(lab.hints)} hints, and not {_HINTS}"
    if not lab.probes and lab.check is None:
        return f"it has neither probes nor a {_CHECK}, so nothing proves it"
    if lab.solution is not None and lab.start is None:
        return f"it has a {_SOLUTION}/ of a {_START}/ that does not exist"
    return ""
