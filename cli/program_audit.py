"""The audit of one program: each refusal as it happens, and a summary at the end."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rich.text import Text

from cli.outcomes import MARKS
from cli.terminal import err
from cli.trace import reason_of, request_of
from local.doctor.error_texts import explain as explain_text
from sandbox.audit import KEYED, Outcome, Record, follow
from sandbox.commands import KEYLESS
from sandbox.printable import printable

# Key Vault's clients send a first request without a token, to learn the tenant from the 401.
_NO_TOKEN_YET = ("vault", "there is not one bearer token")
_WAITS = "A storage client retries for over a minute before it raises this; Ctrl-C ends it."
_ORDER = tuple(Outcome)


@dataclass(frozen=True)
class Attribution:
    """The rule for the records of one program: `names` are the identities that it may have.

    `tokens` are the ids of the tokens that it received, where the running service shares its
    identity; None where no other process does.
    """

    names: frozenset[str]
    tokens: Set[str] | None = None

    def may_be(self, record: Record) -> bool:
        """Return whether the program could have caused `record`, or it has no identity."""
        unknown = not record.identity and record.outcome is Outcome.REFUSED
        return record.identity in self.names or _by_key(record) or (unknown and _is_news(record))

    def is_by(self, record: Record) -> bool:
        """Return whether the program caused `record`, as far as its tokens so far show."""
        by_token = self.tokens is None or record.token_id in self.tokens
        no_token = _by_key(record) or record.outcome is Outcome.REFUSED
        return self.may_be(record) and (by_token or no_token)


@dataclass
class ProgramAudit:
    """Follows the audit at `path` from `position` on, while a program runs."""

    whose: Attribution
    path: Path
    position: int
    ended: bool = False
    # Counted with its token, since the audit has an issued token before the program does.
    _counted: Counter[Record] = field(default_factory=Counter)

    def follow(self) -> None:
        """Print each kind of refusal once on stderr, until `ended`, and count all records."""
        printed = set[Record]()
        for record in follow(self.path, lambda: not self.ended, after=self.position):
            if not self.whose.may_be(record):
                continue
            self._counted[replace(record, time="")] += 1
            if self.whose.is_by(record) and (alike := _alike(record)) not in printed:
                printed.add(alike)
                for line in refusal_lines(alike):
                    err.print(line)

    @property
    def seen(self) -> Counter[Record]:
        """Each kind of record of the program, and how often it occurred."""
        found = Counter[Record]()
        for record, times in self._counted.items():
            if self.whose.is_by(record):
                found[_alike(record)] += times
        return found

    def end(self, who: str) -> None:
        """Print the summary on stderr."""
        seen = self.seen
        for line in summary(who, seen, self._counted.total() - seen.total()):
            err.print(line)

    def as_json(self, who: str, status: int) -> str:
        """Return the summary for a script."""
        records = [
            {name: value for name, value in asdict(each).items() if value} | {"times": times}
            for each, times in self.seen.items()
        ]
        return json.dumps({"who": who, "status": status, "records": records}, indent=2) + "\n"


def _by_key(record: Record) -> bool:
    """Return whether an account key allowed the request, which names no caller."""
    return record.role == KEYED and not record.identity


def _alike(record: Record) -> Record:
    """Return a record without the fields that differ each time."""
    operation = "" if record.action else record.operation
    return replace(record, time="", token_id="", operation=operation)


def refusal_lines(record: Record) -> Sequence[Text]:
    """Return the lines for a refusal and its reason; none for other records."""
    who = printable(record.identity) or "(unknown)"
    if record.outcome is Outcome.DENIED:
        would = reason_of(record).removeprefix("none; ")
        denied = f"{who} was denied {request_of(record)}: no role assignment allows it; {would}."
        return (_sentence(denied),)
    if record.outcome is not Outcome.REFUSED:
        return ()
    reading = explain_text(record.reason)
    why = [reading.means, *reading.do] if reading else []
    if record.service == "identity":
        why.append(_WAITS)
    asked = "a token" if record.operation == "GetToken" else request_of(record)
    refused = _sentence(f"{who} was refused {asked}: {reason_of(record)}")
    return (refused, *(Text(f"    {each}", "dim") for each in why))


def summary(who: str, seen: Counter[Record], others: int = 0) -> Iterator[Text]:
    """Yield a line with the totals of `who`, and one for each kind of record.

    `others` is the number of records of the same time that are not by the program's own tokens.
    """
    if not seen:
        yield _sentence(f"as {who}: no token was requested, and {_no_request(others)}.")
        return
    counted = Counter[Outcome]()
    for record, times in seen.items():
        counted[record.outcome] += times
    yield _sentence(f"as {who}: {', '.join(_number(each, counted[each]) for each in _ORDER)}.")
    for record, times in sorted(seen.items(), key=lambda each: _ORDER.index(each[0].outcome)):
        yield _line(record, times)


def _no_request(others: int) -> str:
    if not others:
        return "no request arrived under this identity"
    # A program may hold a token from before; another process may have the same identity.
    return f"no request arrived with a token of this run; {KEYLESS} trace has {others} with another"


def _number(outcome: Outcome, times: int) -> str:
    if outcome is Outcome.ISSUED:
        return "1 token" if times == 1 else f"{times} tokens"
    return f"{times} {outcome}"


def _line(record: Record, times: int) -> Text:
    mark, style = MARKS[record.outcome]
    line = Text.assemble("  ", (mark, style), f" {request_of(record)}")
    if reason := reason_of(record):
        line.append(f"  {reason}", style if record.outcome is Outcome.DENIED else "dim")
    if times > 1:
        line.append(f"  {times} times", "dim")
    return line


def _sentence(sentence: str) -> Text:
    return Text.assemble(("keyless:", "bold"), f" {sentence}")


def _is_news(record: Record) -> bool:
    return (record.service, record.reason) != _NO_TOKEN_YET
