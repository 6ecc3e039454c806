"""`keyless soak`: kill processes under load, and check that nothing is lost."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from bench import give_way
from cli.lifecycle import end
from cli.options import open_state
from cli.sample import needs_the_sample
from cli.soak.load import LoadResult, run_load, table
from cli.soak.processes import NoProcError, Target, family
from cli.soak.rounds import Round, SoakSandbox, run_round
from cli.terminal import one_sentence, out, print_json
from sandbox.commands import KEYLESS
from sandbox.state import State

_OWN_FOLDER = typer.Option(
    "--state", envvar="KEYLESS_STATE", help="The soak's state folder. Default: a temporary one."
)
_NO_SANDBOX = 0


@dataclass
class Soak:
    """The results so far."""

    seed: int
    rounds: list[Round] = field(default_factory=list)
    load: LoadResult | None = None
    processes_left: int = 0

    @property
    def holds(self) -> bool:
        wrong = [each.wrong for each in self.rounds] + [self.load.wrong if self.load else ()]
        return not self.processes_left and not any(wrong)

    @property
    def photos(self) -> list[str]:
        return [photo for each in self.rounds for photo in each.photos]


def soak(
    *,
    state: Annotated[Path | None, _OWN_FOLDER] = None,
    rounds: Annotated[int, typer.Option(min=1, help="The number of kills.")] = 20,
    seed: Annotated[int | None, typer.Option(help="The seed of the kill schedule.")] = None,
    target: Annotated[
        Target, typer.Option(help='The process to kill; "each" takes the others in turn.')
    ] = Target.EACH,
    load: Annotated[
        float,
        typer.Option(metavar="MINUTES", help="Run mixed load for this long, without kills."),
    ] = 0,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Kill processes under load, and check that no photo is lost or repeated.

    Each kill hits 50 uploads in flight. Exits with 0 if all checks hold.
    """
    needs_the_sample("soak")
    give_way()
    found = Soak(random.SystemRandom().randrange(10**6) if seed is None else seed)
    out.quiet = json_
    with one_sentence(NoProcError), _folder(state) as opened:
        out.print(f"seed {found.seed}, state folder {opened.root}")
        try:
            if load:
                _loaded(found, SoakSandbox(opened), load)
            else:
                _killed(found, SoakSandbox(opened), rounds, target)
        finally:
            end(opened)
            found.processes_left = len(family(opened, _NO_SANDBOX).all)
        out.quiet = False
        print_json(_as_json(found)) if json_ else out.print(_verdict(found))
        if not found.holds:
            raise typer.Exit(1)


def _killed(found: Soak, sandbox: SoakSandbox, rounds: int, target: Target) -> None:
    for number in range(rounds):
        played = run_round(sandbox, number, target.of_round(number), found.seed, found.photos)
        found.rounds.append(played)
        out.print(round_lines(played, f"--seed {found.seed} --target {target}"))


def _loaded(found: Soak, sandbox: SoakSandbox, minutes: float) -> None:
    found.load = run_load(sandbox, minutes, found.seed)
    out.print(table(found.load))
    for each in found.load.wrong:
        out.print(f"[bold red]✗[/] {each}")


@contextmanager
def _folder(path: Path | None) -> Iterator[State]:
    """Open the state folder; a temporary one is deleted if all checks held."""
    root = path or Path(tempfile.mkdtemp(prefix="keyless-soak-"))
    yield open_state(root)
    if path is None:
        shutil.rmtree(root)


def round_lines(played: Round, options: str) -> str:
    """Return a line for the round, one for each fault, and the command that repeats it."""
    mark = "[bold red]✗[/]" if played.wrong else "[green]✓[/]"
    text = (
        f"{mark} {played.number + 1:>3}  {played.killed:<26} after {played.after:.2f} s  "
        f"{played.accepted} accepted, {played.tried_again} retries  "
        f"{played.processed} processed, {played.rejected} rejected, {played.overtaken} overtaken  "
        f"{played.webhooks_repeated} webhooks repeated  quiet after {played.quiet_after:.0f} s"
    )
    wrong = [f"       {each}" for each in played.wrong]
    again = f"       to repeat: {KEYLESS} soak {options} --rounds {played.number + 1}"
    return "\n".join([text, *wrong, *([again] if wrong else [])])


def _verdict(found: Soak) -> str:
    if found.processes_left:
        return f"[bold red]✗[/] {found.processes_left} processes are left"
    if not found.holds:
        return "[bold red]✗[/] checks failed; the state folder is kept"
    if found.load:
        return "[green]✓[/] no process grew more than its stored data explains, none is left"
    return "[green]✓[/] nothing lost, repeated or stuck; no process is left"


def _as_json(found: Soak) -> dict[str, object]:
    """Return the results without the photos' ids."""
    rounds = [asdict(each) for each in found.rounds]
    for each in rounds:
        del each["photos"]
    load = asdict(found.load) if found.load else None
    if load:
        del load["tally"]["photos"]
    return {
        "seed": found.seed,
        "holds": found.holds,
        "processes_left": found.processes_left,
        "rounds": rounds,
        "load": load,
    }
