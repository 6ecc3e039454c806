"""What the audit says of one program: its refusals as they come, and all of it at its end."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rich.text import Text

from cli.terminal import err
from cli.trace import MARKS, because, what
from local.doctor.error_texts import explain as explain_text
from sandbox.audit import Outcome, Record, follow
from sandbox.printable import printable

# Key Vault's clients ask without a token first, to hear which one it wants.
_NO_TOKEN_YET = ("vault", "there is not one bearer token")
_WAITS = "A storage client asks again for over a minute before it raises this; Ctrl-C ends it."
_ORDER = tuple(Outcome)


@dataclass(frozen=True)
class Whose:
    """How the records of a program are told from others: by `names`, the identities it may have.

    `tokens` are the ids of those that it was given, where another process acts as they do: the
    service that runs in the sandbox. None where no other does.
    """

    names: frozenset[str]
    tokens: Set[str] | None = None

    def may_be(self, record: Record) -> bool:
        """Return whether the program could have caused `record`, or nobody's name is on it."""
        nobodys = not record.identity and record.outcome is Outcome.REFUSED
        return record.identity in self.names or (nobodys and _is_told(record))

    def is_by(self, record: Record) -> bool:
        """Return whether the program caused it; known once the program has its token."""
        by_token = self.tokens is None or record.token_id in self.tokens
        return self.may_be(record) and (by_token or record.outcome is Outcome.REFUSED)


@dataclass
class Witness:
    """Follows the audit at `path` from `position` on, while a program runs."""

    whose: Whose
    path: Path
    position: int
    ended: bool = False
    # A record counts by its token, since an issued token is on record before the program has it.
    _counted: Counter[Record] = field(default_factory=Counter)

    def follow(self) -> None:
        """Say on stderr what is refused, once each, until `ended`; and count everything."""
        said = set[Record]()
        for record in follow(self.path, lambda: not self.ended, after=self.position):
            if not self.whose.may_be(record):
                continue
            self._counted[replace(record, time="")] += 1
            if self.whose.is_by(record) and (alike := _alike(record)) not in said:
                said.add(alike)
                for line in told(alike):
                    err.print(line)

    @property
    def seen(self) -> Counter[Record]:
        """What the program did, each kind of record with how often it came."""
        found = Counter[Record]()
        for record, times in self._counted.items():
            if self.whose.is_by(record):
                found[_alike(record)] += times
        return found

    def end(self, who: str) -> None:
        """Say what the program was allowed and refused in all."""
        for line in summary(who, self.seen):
            err.print(line)

    def as_json(self, who: str, status: int) -> str:
        """The same for a script: each kind of record once, with how often it came."""
        records = [
            {name: value for name, value in asdict(each).items() if value} | {"times": times}
            for each, times in self.seen.items()
        ]
        return json.dumps({"who": who, "status": status, "records": records}, indent=2) + "\n"


def _alike(record: Record) -> Record:
    """Without what differs each time; an action says enough of which operation it was."""
    operation = "" if record.action else record.operation
    return replace(record, time="", token_id="", operation=operation)


def told(record: Record) -> Sequence[Text]:
    """The lines for a refusal and its reason; none for what is allowed."""
    who = printable(record.identity) or "(unknown)"
    if record.outcome is Outcome.DENIED:
        would = because(record).removeprefix("none; ")
        denied = f"{who} was denied {what(record)}: no role assignment allows it; {would}."
        return (_said(denied),)
    if record.outcome is not Outcome.REFUSED:
        return ()
    reading = explain_text(record.reason)
    why = [reading.means, *reading.do] if reading else []
    if record.service == "identity":
        why.append(_WAITS)
    asked = "a token" if record.operation == "GetToken" else what(record)
    refused = _said(f"{who} was refused {asked}: {because(record)}")
    return (refused, *(Text(f"    {each}", "dim") for each in why))


def summary(who: str, seen: Counter[Record]) -> Iterator[Text]:
    """A line for what was done as `who`, and one for each kind of record."""
    if not seen:
        yield _said(f"as {who}: no token was asked for, and no request came to the sandbox.")
        return
    counted = Counter[Outcome]()
    for record, times in seen.items():
        counted[record.outcome] += times
    yield _said(f"as {who}: {', '.join(_number(each, counted[each]) for each in _ORDER)}.")
    for record, times in sorted(seen.items(), key=lambda each: _ORDER.index(each[0].outcome)):
        yield _line(record, times)


def _number(outcome: Outcome, times: int) -> str:
    if outcome is Outcome.ISSUED:
        return "1 token" if times == 1 else f"{times} tokens"
    return f"{times} {outcome}"


def _line(record: Record, times: int) -> Text:
    mark, style = MARKS[record.outcome]
    line = Text.assemble("  ", (mark, style), f" {what(record)}")
    if reason := because(record):
        line.append(f"  {reason}", style if record.outcome is Outcome.DENIED else "dim")
    if times > 1:
        line.append(f"  {times} times", "dim")
    return line


def _said(sentence: str) -> Text:
    return Text.assemble(("keyless:", "bold"), f" {sentence}")


def _is_told(record: Record) -> bool:
    return (record.service, record.reason) != _NO_TOKEN_YET
