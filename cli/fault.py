"""`keyless fault`: let the running sandbox fail as Azure does, for one caller or for everyone."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from cli.control import ask
from cli.options import StateOption, open_state
from cli.terminal import USAGE, fail, one_sentence, out, print_json
from sandbox.commands import KEYLESS
from sandbox.deployment import load
from sandbox.faults import FAULTS, USUAL, FaultError, Planned, incident, seconds_of
from sandbox.state import State

_ONCE = frozenset(each.name for each in FAULTS if not each.lasting)
_WHAT = f"name a fault; {KEYLESS} fault --list shows all of them"


def fault(
    what: Annotated[
        str, typer.Argument(metavar="[FAULT]", help="A fault of --list, such as storage-503.")
    ] = "",
    *,
    on: Annotated[
        str,
        typer.Option("--on", metavar="NAME", help="Only requests of this service or identity."),
    ] = "",
    for_: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long, such as 2m. Default: 30s.")
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the faults.")] = False,
    end: Annotated[
        bool, typer.Option("--end", help="End the faults in force, or the one that is named.")
    ] = False,
    seed: Annotated[
        str,
        typer.Option("--seed", metavar="SEED", help="Begin an incident, the same for everybody."),
    ] = "",
    count: Annotated[int, typer.Option("--count", help="How many faults an incident has.")] = 3,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show an incident, and begin nothing.")
    ] = False,
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let the running sandbox fail as Azure does, for a while.

    Each request that meets a fault is in the audit. A fault ends by itself, by --end, and with the
    sandbox.
    """
    if list_:
        _print_all(as_json=json_)
        return
    opened = open_state(state)
    if reveal:
        _reveal(opened, seed, count, as_json=json_)
        return
    answer = ask(opened, "fault", _request(what, on, for_, end=end, seed=seed, count=count))
    if json_:
        print_json(answer)
    else:
        _print(answer, count)


def _request(
    what: str, on: str, for_: str, *, end: bool, seed: str, count: int
) -> Mapping[str, Any]:
    """Return the request to the control channel; end the command if it contradicts itself."""
    if end:
        return {"end": what}
    if seed:
        if what or on or for_:
            fail("an incident chooses its faults, callers and times: leave out the others", USAGE)
        return {"seed": seed, "count": count}
    if not what:
        fail(_WHAT, USAGE)
    if for_ and what in _ONCE:
        fail(f"{what} happens once: leave out --for", USAGE)
    with one_sentence(FaultError):
        return {"begin": what, "on": on, "seconds": seconds_of(for_) if for_ else USUAL}


def _print(answer: Mapping[str, Any], count: int) -> None:
    match answer:
        case {"fault": name, "on": on, "ends": ends}:
            who = f" on {on}" if on else ""
            until = f" until {_clock(ends)}" if ends > answer["begins"] else ", once"
            _say(f"{name}{who}{until}: {_does(name)}")
        case {"incident": seed, "ends": ends}:
            _say(f"incident {seed}: {count} faults, the last of which ends at {_clock(ends)}")
            out.print(f"  find them with {KEYLESS} trace, {KEYLESS} doctor and the services' logs;")
            again = f"{KEYLESS} fault --seed {seed} --count {count} --reveal"
            out.print(f"  {again} shows them", markup=False)
        case {"ended": [*names]}:
            for name in names:
                _say(f"{name} has ended")
            if not names:
                out.print("No fault is in force.")


def _say(sentence: str) -> None:
    out.print(Text.assemble(("✓ ", "green"), sentence))


def _reveal(state: State, seed: str, count: int, *, as_json: bool) -> None:
    if not seed:
        fail("give the --seed of the incident", USAGE)
    with one_sentence(FaultError, ValueError, KeyError):
        planned = incident(seed, count, load(state))
    if as_json:
        print_json([_as_json(each) for each in planned])
        return
    table = _table("begins after", "lasts", "fault", "on", "what a client meets")
    for each in planned:
        lasts = f"{each.lasts:g} s" if each.fault.lasting else "once"
        on = each.target.name if each.target else "everyone"
        table.add_row(f"{each.after:g} s", lasts, each.fault.name, on, Text(each.fault.does))
    out.print(table)


def _as_json(planned: Planned) -> Mapping[str, Any]:
    return {
        "fault": planned.fault.name,
        "on": planned.target.name if planned.target else "",
        "after": planned.after,
        "lasts": planned.lasts if planned.fault.lasting else 0,
    }


def _print_all(*, as_json: bool) -> None:
    if as_json:
        shown = ("name", "plane", "does", "source", "for_one", "lasting")
        print_json([{name: getattr(each, name) for name in shown} for each in FAULTS])
        return
    table = _table("fault", "--on", "--for", "what a client meets")
    for each in FAULTS:
        name = Text(each.name, "bold")
        table.add_row(name, _yes(each.for_one), _yes(each.lasting), Text(each.does))
    out.print(table)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, header_style="dim")
    return table


def _does(name: str) -> str:
    return next((each.does for each in FAULTS if each.name == name), "")


def _clock(moment: str) -> str:
    return f"{moment[11:19]} UTC"
