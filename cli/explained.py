"""`keyless doctor --explain`: the meaning of a pasted error of Azure."""

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
    "unknown error text; paste all of it, with its code and its Caller, Action and Resource if it"
    f" has them, or run {KEYLESS} doctor"
)


def explain(given: str, state: Path | None, *, json_: bool) -> None:
    """Explain the text `given`, or the one on standard input; exit with 1 if it is unknown."""
    text = _standard_input() if given == _STANDARD_INPUT else given
    reading = explain_text(_without_colours(text))
    if reading is None:
        fail(_UNKNOWN, status=1)
    # The name of the principal, where a sandbox's state or a deployment has it.
    names: Mapping[str, Any] = load(open_state(state)).names if reading.principal else {}
    _print(reading, str(names.get(reading.principal, "")), json_=json_)


def _standard_input() -> str:
    """Read all of it, whatever its encoding."""
    return sys.stdin.buffer.read().decode(errors="replace")


def _without_colours(text: str) -> str:
    """Return the printable characters of `text`, without the escapes of another terminal."""
    printable = text.encode(errors="surrogateescape").decode(errors="replace")
    return Text.from_ansi(printable.replace("\r", "\n")).plain


def _print(reading: Explanation, name: str, *, json_: bool) -> None:
    """Print the meaning of an error; `name` is its principal's name."""
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
        "not stated": reading.silent,
    }
    return ((label, value) for label, value in facts.items() if value)
