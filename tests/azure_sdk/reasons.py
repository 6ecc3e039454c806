"""Why a test does not pass: the reasons that are written down, and the sum of a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

# Tables of a suite's file of reasons. `errors` has a reason by a text of the error. `tests` has one
# by a pattern of the name, for an error with the text beside it, or one of several. `by_token` has
# the subjects of tests that sign in by a token where they use a key.
Reasons = Mapping[str, Mapping[str, Any]]
_BY_THEMSELVES = "skipped, or expected to fail, by the tests themselves"
_NOT_RUN = frozenset({"skipped", "xfailed"})


@dataclass(frozen=True)
class Result:
    """The end of one test: its name, passed, failed or skipped, and the last lines of its error."""

    name: str
    outcome: str
    error: str


def reason(result: Result, reasons: Reasons) -> str:
    """Return why a test does not pass: by its error, or by name and error; "" if none fits."""
    for text, found in reasons.get("errors", {}).items():
        if text in result.error:
            return str(found)
    for pattern, found in reasons.get("tests", {}).items():
        if _is_named(result, pattern) and _fails_so(result, found["error"]):
            return str(found["reason"])
    return _BY_THEMSELVES if result.outcome in _NOT_RUN else ""


def _is_named(result: Result, pattern: str) -> bool:
    return fnmatch(result.name.rpartition("::")[2], pattern)


def _fails_so(result: Result, texts: str | Sequence[str]) -> bool:
    return any(each in result.error for each in ([texts] if isinstance(texts, str) else texts))


def without_reason(ended: Sequence[Result], reasons: Reasons) -> list[Result]:
    """Return the tests that do not pass, and for which no reason is written down."""
    return [each for each in ended if each.outcome != "passed" and not reason(each, reasons)]


def lines(ended: Sequence[Result], reasons: Reasons) -> Iterator[str]:
    """Yield each test that does not pass under its reason, and the sum."""
    by_reason = dict[str, list[Result]]()
    for each in ended:
        if each.outcome != "passed":
            by_reason.setdefault(reason(each, reasons), []).append(each)
    for why, several in sorted(by_reason.items()):
        yield f"\n{len(several)} {why or 'WITHOUT A REASON'}"
        for each in several:
            yield f"  {each.name}" + ("" if why else f"  {each.outcome} {each.error}")
    passed = [each for each in ended if each.outcome == "passed"]
    patterns = reasons.get("by_token", {})
    by_token = sum(any(_is_named(each, one) for one in patterns) for each in passed)
    how = f", {by_token} of them by a token where they use a key" if by_token else ""
    yield f"\n{len(passed)} of {len(ended)} live tests pass{how}"
