"""A record of the audit as the page shows it: a line, and the steps of its request."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sandbox.audit import KEYED, Outcome, Record
from sandbox.deployment.short_names import short_action, short_role, short_scope
from sandbox.page.feed import Entry

# The services whose requests take the walk (sandbox/walk.py).
WALKED = frozenset({"blob", "vault", "bus", "telemetry", "arm", "graph"})
MARKS = {
    Outcome.ISSUED: "•",
    Outcome.ALLOWED: "✓",
    Outcome.DENIED: "✗",
    Outcome.REFUSED: "-",
}
DONE, ENDED, NOT_REACHED = "done", "ended here", "not reached"
_NEVER = "The request ended before this step."
_SERVED = "The service got the request; the audit had this line before the answer left."


@dataclass(frozen=True)
class Step:
    """One step of a request: its name, how far it came, and a sentence."""

    name: str
    state: str
    sentence: str


@dataclass(frozen=True)
class Row:
    """One line of the live view."""

    number: int
    time: str
    outcome: str
    mark: str
    who: str
    what: str
    where: str
    role: str
    steps: tuple[Step, ...]
    token_id: str
    action: str
    scope: str
    assignment: str


def row(entry: Entry, apis: Mapping[str, str] = MappingProxyType({})) -> Row:
    """Return a record in words; `apis` are the names of registered APIs, by their ids."""
    record = entry.record.naming(apis)
    return Row(
        number=entry.number,
        time=record.time[11:23],
        outcome=record.outcome.value,
        mark=MARKS[record.outcome],
        who=_who(record),
        what=_what(record),
        where=_where(record),
        role=_role(record),
        steps=steps(record),
        token_id=record.token_id,
        action=record.action,
        scope=record.scope,
        assignment=record.assignment,
    )


def _who(record: Record) -> str:
    if not record.identity:
        return f"({record.credential or KEYED})" if record.role == KEYED else "(unknown)"
    return f"{record.identity} (SAS)" if record.credential else record.identity


def steps(record: Record) -> tuple[Step, ...]:
    """Return the steps of a record's request, and the one at which it ended."""
    if record.outcome is Outcome.ISSUED:
        return (Step("issue", DONE, _issued(record)),)
    if record.service not in WALKED:
        state = ENDED if record.outcome is Outcome.REFUSED else DONE
        return (Step("answer", state, record.reason or _SERVED),)
    sentences = (_authenticated(record), _named(record), _decided(record), _SERVED)
    return tuple(
        Step(name, _state(place, _end(record)), sentence if place <= _end(record) else _NEVER)
        for place, (name, sentence) in enumerate(
            zip(("authenticate", "name", "decide", "serve"), sentences, strict=True)
        )
    )


def _end(record: Record) -> int:
    """Return the place of the step at which a request ended; 4 if it was served."""
    if record.outcome is Outcome.ALLOWED:
        return 4
    if record.outcome is Outcome.DENIED:
        return 2
    return 1 if record.identity else 0


def _state(place: int, end: int) -> str:
    if place == end:
        return ENDED
    return DONE if place < end else NOT_REACHED


def _what(record: Record) -> str:
    if record.outcome is Outcome.ISSUED:
        return "token"
    if not record.action:
        return record.operation
    return short_action(record.action).removesuffix("/action")


def _where(record: Record) -> str:
    if record.outcome is Outcome.ISSUED:
        return record.resource
    return short_scope(record.scope) if record.scope else record.service


def _role(record: Record) -> str:
    if record.outcome is Outcome.DENIED:
        would = " or ".join(map(short_role, record.missing[:2])) or "no known role"
        return f"no role; {would} would do"
    if record.outcome is Outcome.REFUSED:
        return record.reason
    return short_role(record.role) or record.why


def _issued(record: Record) -> str:
    roles = f", with the app roles {record.role}" if record.role else ""
    source = f" ({record.why})" if record.why else ""
    return f"{record.identity} got a token for {record.resource}{roles}{source}."


def _authenticated(record: Record) -> str:
    if record.role == KEYED:
        return "The account's key signed the request: it names no identity."
    if record.credential and record.identity:
        return f"A {record.credential} carries the signature of {record.identity}."
    if record.outcome is Outcome.REFUSED and not record.identity:
        return f"The request proved no identity: {record.reason.rstrip('.')}."
    return f"A verified token names {record.identity}, principal {record.principal_id or '-'}."


def _named(record: Record) -> str:
    if record.outcome is Outcome.REFUSED:
        return f"{record.operation}: {record.reason.rstrip('.')}."
    if not record.action:
        return f"The request is {record.operation}."
    on = short_scope(record.scope)
    return f"The request is {record.operation}. It requires {_what(record)} on {on}."


def _decided(record: Record) -> str:
    if record.outcome is Outcome.DENIED:
        roles = ", ".join(record.missing) or "no known role"
        unsure = f" {record.reason}." if record.reason else ""
        return f"No role assignment allows it. One of these roles would: {roles}.{unsure}"
    if record.role == KEYED:
        return "A key needs no role: it allows everything."
    if not record.role:
        return "This request requires no action of a role."
    why = f" Its reason: {record.why}." if record.why else ""
    return f"The role {record.role} allows it.{why}"
