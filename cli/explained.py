"""`keyless doctor --explain`: what a pasted error of Azure says."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from cli.names import short_action
from cli.options import open_state
from cli.terminal import fail, out, print_json
from local.doctor.error_texts import Explanation
from local.doctor.error_texts import explain as explain_text
from sandbox.commands import KEYLESS
from sandbox.deployment import load

_STANDARD_INPUT = "-"
_UNKNOWN = (
    "nothing here knows this text; paste the whole of it, with its code and its Caller, Action and "
    "Resource if it has them, or run "
    f"{KEYLESS} doctor"
)


def explain(given: str, state: Path | None, *, json_: bool) -> None:
    """Say what the text `given` means, or the one on standard input; ends with 1 if none knows."""
    text = _standard_input() if given == _STANDARD_INPUT else given
    reading = explain_text(_without_colours(text))
    if reading is None:
        fail(_UNKNOWN, status=1)
    # Whose id it is, where a sandbox's state or a deployment says so.
    names: Mapping[str, Any] = load(open_state(state)).names if reading.principal else {}
    _print(reading, str(names.get(reading.principal, "")), json_=json_)


def _standard_input() -> str:
    """All of it, whatever encoding it is in."""
    return sys.stdin.buffer.read().decode(errors="replace")


def _without_colours(text: str) -> str:
    """What can be printed of `text`, without what coloured it on another terminal."""
    printable = text.encode(errors="surrogateescape").decode(errors="replace")
    return Text.from_ansi(printable.replace("\r", "\n")).plain


def _print(reading: Explanation, name: str, *, json_: bool) -> None:
    """What an error's text says; `name` is what people call its principal."""
    if json_:
        print_json(asdict(reading) | {"name": name})
        return
    out.print(Text.assemble((f"{reading.source}: ", "bold"), reading.means))
    for label, value in _facts(reading, name):
        out.print(f"  {label:<10}{value}", markup=False)
    for line in reading.do:
        out.print(f"    {line}", markup=False)


def _facts(reading: Explanation, name: str) -> Iterator[tuple[str, str]]:
    known = f" ({name})" if name else ""
    facts = {
        "principal": f"{reading.principal}{known}" if reading.principal else "",
        "client": reading.client,
        "action": short_action(reading.action),
        "scope": reading.scope,
        "roles": ", ".join(reading.roles),
        "not told": reading.silent,
    }
    return ((label, value) for label, value in facts.items() if value)
