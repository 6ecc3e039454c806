"""The distributed trace of one photo, drawn from the telemetry of the services."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from rich.text import Text
from rich.tree import Tree

from cli.terminal import Terminal, fail, out, print_json
from sandbox.deployment import load
from sandbox.printable import printable
from sandbox.state import State
from sandbox.telemetry import FILE, Item, Span, spans, trace_of

_WITHIN = "telemetry arrives every five seconds"
# Wide, since rich cuts a tree at the width of the terminal, or at 80 without one.
_wide = Terminal(highlight=False, width=240)


@dataclass(frozen=True)
class Subject:
    """The id that a trace is about, and its kind, which replaces it in names: `<photo>`."""

    value: str
    kind: str

    def shortened(self, name: str) -> str:
        return printable(name.replace(self.value, self.kind))


def show(state: State, about: str, *, as_json: bool) -> None:
    """Print the trace of the id `about`; end the command if it has none."""
    try:
        items = trace_of(state.path(FILE), about)
    except sqlite3.Error as error:
        fail(f"cannot read {state.path(FILE)}: {error}.")
    if not items:
        fail(f"no trace of {about}; {_WITHIN}.", status=1)
    if as_json:
        for each in items:
            print_json(asdict(each), indent=None)
        return
    for operation in dict.fromkeys(each.operation for each in items):
        drawn = _drawn([each for each in items if each.operation == operation], about)
        _wide.print(drawn)
    missing = {app.name for app in load(state).services} - {each.role for each in items}
    if missing:
        out.print(f"[yellow]nothing yet[/] from {_listed(missing)} ({_WITHIN})")


def _drawn(items: Sequence[Item], about: str) -> Tree:
    kind = next((called for each in items if (called := each.called(about))), "")
    subject = Subject(about, f"<{kind}>")
    tree = Tree(Text.assemble(("trace ", "dim"), items[0].operation), guide_style="dim")
    for each in spans(items):
        _grow(tree, each, subject, around="")
    return tree


def _grow(tree: Tree, span: Span, subject: Subject, around: str) -> None:
    call = span.only_call
    inside = call.within if call else span.within
    branch = tree.add(_line(span.item, call.item if call else None, subject, around))
    for each in inside:
        _grow(branch, each, subject, span.item.role)


def _line(item: Item, call: Item | None, subject: Subject, around: str) -> Text:
    code = (call or item).code
    line = Text(no_wrap=True, overflow="ignore")
    if item.role != around:
        line.append(f"{item.role} ", "bold")
    line.append(subject.shortened(item.name))
    if item.name.startswith("ServiceBus."):
        line.append(f" {item.target.rpartition('/')[2]}")
    if call:
        line.append(f": {subject.shortened(call.name)}")
    if code not in {"", "0"}:
        line.append(f"  {code}", "red" if code in {"401", "403"} else "")
    if item.table == "AppRequests" and not item.success:
        line.append("  failed", "red")
    if item.id:
        line.append(f"  {item.seconds * 1000:.0f} ms", "dim")
    if item.role != around:
        line.append(f"  as {item.identity}", "cyan")
    return line


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
