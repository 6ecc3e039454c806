"""`keyless soak`: kill what runs, again and again, and see that nothing is lost."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import open_state
from sandbox.cli.running import end
from sandbox.cli.soaking.processes import NoProcError, family
from sandbox.cli.soaking.rounds import Round, Stage, play
from sandbox.cli.soaking.targets import Target
from sandbox.cli.terminal import one_sentence, out
from sandbox.state import State

_OWN_FOLDER = typer.Option(
    "--state", envvar="KEYLESS_STATE", help="The soak's own folder (default: a temporary one)."
)
_LEAVES_NOBODY = 0


def soak(
    state: Annotated[Path | None, _OWN_FOLDER] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often.")] = 20,
    seed: Annotated[int | None, typer.Option(help="What decides when and whom.")] = None,
    target: Annotated[Target, typer.Option(help="Whom; each: in turn.")] = Target.EACH,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Kill -9 with 50 uploads in flight, see that each photo ends once. Status 0 if all holds."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    say = _say_nothing if json_ else out.print
    with one_sentence(NoProcError), _folder(state) as opened:
        say(f"seed {seed}, state folder {opened.root}")
        played: list[Round] = []
        left = 0
        try:
            stage = Stage(opened)
            for number in range(rounds):
                before = [photo for each in played for photo in each.photos]
                played.append(play(stage, number, target.of_round(number), seed, before))
                say(in_words(played[-1], seed))
        finally:
            end(opened)
            left = len(family(opened, _LEAVES_NOBODY).all)
        holds = not left and not any(each.wrong for each in played)
        if left:
            say(f"[bold red]✗[/] {left} processes are left")
        if json_:
            out.print_json(data=_as_json(seed, holds, left, played))
        if not holds:
            raise typer.Exit(1)
        say("[green]✓[/] nothing lost, nothing twice, nothing stuck, no process left")


def _say_nothing(_: str) -> None:
    """For a script, which reads one JSON object."""


@contextmanager
def _folder(path: Path | None) -> Iterator[State]:
    """The folder to work in; a temporary one is taken away if all held."""
    root = path or Path(tempfile.mkdtemp(prefix="keyless-soak-"))
    yield open_state(root)
    if path is None:
        shutil.rmtree(root)


def in_words(played: Round, seed: int) -> str:
    """A round on one line, and each thing that is wrong on one more."""
    mark = "[bold red]✗[/]" if played.wrong else "[green]✓[/]"
    text = (
        f"{mark} {played.number + 1:>3}  {played.killed:<26} after {played.after:.2f} s  "
        f"{played.accepted} taken, {played.tried_again} tries again  "
        f"{played.processed} processed, {played.rejected} rejected, {played.overtaken} overtaken  "
        f"{played.webhooks_repeated} webhooks repeated  quiet after {played.quiet_after:.0f} s"
    )
    wrong = [f"       {each}" for each in played.wrong]
    again = f"       again: ./keyless soak --seed {seed} --rounds {played.number + 1}"
    return "\n".join([text, *wrong, *([again] if wrong else [])])


def _as_json(seed: int, holds: bool, left: int, played: list[Round]) -> dict[str, object]:
    each = [
        {name: value for name, value in asdict(one).items() if name != "photos"} for one in played
    ]
    return {"seed": seed, "holds": holds, "processes_left": left, "rounds": each}
