"""Answers that Azure was recorded to give, and how the sandbox's own are held against them.

A row is one kind of answer: its status, its code, the names of its headers and of the elements or
keys in its body. No text of a recording is kept. A row either agrees with the sandbox's answer,
or it stands in its plane's list of known differences with the reason; a listed difference that
agrees fails, so that the list never grows stale.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# Every answer has its own.
_UNCOMPARED = frozenset({"date", "x-ms-request-id"})


@dataclass(frozen=True)
class Row:
    """One kind of answer. `sometimes` are headers that some answers of the kind have.

    `traits` are further facts that a plane compares, each by a name of its own, such as "BOM".
    `source` names the recording, the issue or the page that the facts are from.
    """

    name: str
    status: int
    code: str
    headers: frozenset[str]
    elements: frozenset[str]
    source: str
    sometimes: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """The sandbox's answer. Names of headers are in lower case."""

    status: int
    code: str
    headers: frozenset[str]
    elements: frozenset[str]
    traits: frozenset[str] = frozenset()


def differences(row: Row, answer: Answer) -> list[str]:
    """Return one line for each way in which `answer` is not of the kind of `row`."""
    return [
        *_unequal("status", row.status, answer.status),
        *_unequal("code", row.code, answer.code),
        *_missing("header", row.headers - answer.headers - _UNCOMPARED),
        *_more("header", answer.headers - row.headers - row.sometimes - _UNCOMPARED),
        *_missing("element", row.elements - answer.elements),
        *_more("element", answer.elements - row.elements),
        *_missing("trait", row.traits - answer.traits),
        *_more("trait", answer.traits - row.traits),
    ]


def verdict(row: Row, found: Sequence[str], known: Mapping[str, str]) -> str:
    """Return "agree", "known" or "differ"; `known` has the reasons of known differences."""
    if row.name in known:
        return "known" if found else "differ"
    return "differ" if found else "agree"


def complaint(row: Row, found: Sequence[str]) -> str:
    """Return the message for a row whose verdict is "differ"."""
    if not found:
        return f"{row.name} agrees: take it out of the known differences"
    return f"{row.name} ({row.source}): {'; '.join(found)}"


def _unequal(what: str, recorded: object, answered: object) -> Iterator[str]:
    if recorded != answered:
        yield f"{what} {answered!r} instead of {recorded!r}"


def _missing(what: str, names: Iterable[str]) -> Iterator[str]:
    return (f"no {what} {each}" for each in sorted(names))


def _more(what: str, names: Iterable[str]) -> Iterator[str]:
    return (f"a {what} {each} that Azure has not" for each in sorted(names))
