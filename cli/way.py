"""One thing's way through the services: its trace, as the telemetry that came in tells it."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from rich.text import Text
from rich.tree import Tree

from cli.terminal import Terminal, fail, out, print_json
from sandbox.deployment import load
from sandbox.printable import printable
from sandbox.state import State
from sandbox.telemetry import FILE, Item, trace_of

_WITHIN = "telemetry comes every five seconds"
# A tree is cut at the width of the terminal, or at 80 where there is none: never here.
_wide = Terminal(highlight=False, width=240)


@dataclass(frozen=True)
class Span:
    """An item of a trace, with those that lie within it."""

    item: Item
    within: tuple["Span", ...]


@dataclass(frozen=True)
class Told:
    """What a trace is about, and what its services call that: a UUID is `<photo>`."""

    value: str
    kind: str

    def shortened(self, name: str) -> str:
        return printable(name.replace(self.value, self.kind))


def show(state: State, about: str, *, as_json: bool) -> None:
    """Print the trace of what is called `about`; ends the command if nothing is known of it."""
    try:
        items = trace_of(state.path(FILE), about)
    except sqlite3.Error as error:
        fail(f"{state.path(FILE)} cannot be read: {error}.")
    if not items:
        fail(f"no upload and no message here was about {about}; {_WITHIN}.", status=1)
    if as_json:
        for each in items:
            print_json(asdict(each), indent=None)
        return
    for operation in dict.fromkeys(each.operation for each in items):
        drawn = _drawn([each for each in items if each.operation == operation], about)
        _wide.print(drawn)
    missing = {app.name for app in load(state).apps} - {each.role for each in items}
    if missing:
        out.print(f"[yellow]nothing yet[/] from {_listed(missing)} ({_WITHIN})")


def spans(items: Sequence[Item]) -> tuple[Span, ...]:
    """The items of one trace as a tree; what lies within an item that is not there stands alone."""
    there = {each.id for each in items if each.id}
    roots = [each for each in items if each.parent not in there]
    return tuple(_span(each, items, frozenset()) for each in roots)


def _span(item: Item, items: Sequence[Item], around: frozenset[str]) -> Span:
    """Whoever may publish may also say that two spans lie within each other: not for ever."""
    if not item.id or item.id in around:
        return Span(item, ())
    # Who gets copies of one message stands side by side, whoever was first.
    inside = [each for each in items if each.parent == item.id]
    inside.sort(key=lambda each: ("" if each.role == item.role else each.role, each.time))
    return Span(item, tuple(_span(each, items, around | {item.id}) for each in inside))


def _drawn(items: Sequence[Item], about: str) -> Tree:
    kind = next((called for each in items if (called := each.called(about))), "")
    told = Told(about, f"<{kind}>")
    tree = Tree(Text.assemble(("trace ", "dim"), items[0].operation), guide_style="dim")
    for each in spans(items):
        _grow(tree, each, told, around="")
    return tree


def _grow(tree: Tree, span: Span, told: Told, around: str) -> None:
    call = _only_call(span)
    inside = call.within if call else span.within
    branch = tree.add(_line(span.item, call.item if call else None, told, around))
    for each in inside:
        _grow(branch, each, told, span.item.role)


def _only_call(span: Span) -> Span | None:
    """The one HTTP request that an SDK's method made; the two are one line."""
    if span.item.table == "AppDependencies" and len(span.within) == 1:
        (only,) = span.within
        if only.item.role == span.item.role and only.item.table == "AppDependencies":
            return only
    return None


def _line(item: Item, call: Item | None, told: Told, around: str) -> Text:
    said = call or item
    line = Text(no_wrap=True, overflow="ignore")
    if item.role != around:
        line.append(f"{item.role} ", "bold")
    line.append(told.shortened(item.name))
    if item.name.startswith("ServiceBus."):
        line.append(f" {item.target.rpartition('/')[2]}")
    if call:
        line.append(f": {told.shortened(call.name)}")
    if said.code not in {"", "0"}:
        line.append(f"  {said.code}", "red" if said.code in {"401", "403"} else "")
    if item.table == "AppRequests" and not item.success:
        line.append("  failed", "red")
    if item.id:
        line.append(f"  {item.seconds * 1000:.0f} ms", "dim")
    if item.role != around:
        line.append(f"  as {item.identity}", "cyan")
    return line


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
