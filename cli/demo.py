"""`keyless demo`: three photos and one broken file through four services, then one denial."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, TypeVar

import typer
from requests import RequestException

from cli.denial import Attempt, one_denial, print_denial
from cli.options import (
    AssumeFromOption,
    AssumeOption,
    PortOption,
    StateOption,
    as_options,
    assumptions_of,
    open_state,
)
from cli.photos import uploads
from cli.progress import Progress
from cli.running import end, start_detached
from cli.sample import needs_the_sample
from cli.stale import warn_if_stale, warn_of_ignored
from cli.terminal import ended_by_signals, fail, interactive, out, undisturbed
from cli.trace import table
from cli.walk import Arrival, DemoError, arrive, send, shortfalls, steps, webhooks
from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import FILE, Outcome, read
from sandbox.commands import KEYLESS, published
from sandbox.deployment import load
from sandbox.state import State
from sandbox.supervisor import Report, holder, running

_SETTLING = 30.0

T = TypeVar("T")


def demo(
    state: StateOption = None,
    port: PortOption = None,
    exit_: Annotated[bool, typer.Option("--exit", help="End when done, with a verdict.")] = False,
    assume: AssumeOption = None,
    assume_from: AssumeFromOption = None,
) -> None:
    """Put the sample's photos, three and a broken one, through its services; see one denial."""
    needs_the_sample("demo")
    assumed = assumptions_of(assume, assume_from) if assume or assume_from else None
    opened = open_state(state)
    begun = time.monotonic()
    warn_if_stale(opened)
    with ended_by_signals(), _a_sandbox(opened, port, assumed) as report:
        try:
            found = _walk_and_denial(opened, report)
        except DemoError as error:
            fail("; ".join(filter(None, (str(error), opened.refuses()))))
        except RequestException as error:
            fail(f"the gallery at {report.gallery} does not answer: {error}.")
        now = running(opened) or report
        out.print(_timings(now, time.monotonic() - begun))
        if found:
            fail(f"the demo fell short: {'; '.join(found)}.", status=1)
        if interactive() and not exit_:
            _stay(opened, now)


@contextmanager
def _a_sandbox(state: State, port: int | None, assumed: Assumptions | None) -> Iterator[Report]:
    """The sandbox that runs already, or one that ends with the demo.

    If nobody said what to assume, `assumed` is None, and any that runs will do.
    """
    already = running(state)
    if already is not None:
        if assumed and already.assumed != assumed.otherwise:
            fail(f"the sandbox that is running assumes otherwise; end it by {KEYLESS} down first.")
        out.print(f"[green]✓[/] uses the sandbox that is running: {published(already.gallery)}")
        yield already
        return
    warn_of_ignored()
    report = start_detached(state, port, Progress(), as_options(assumed or LIKELY))
    try:
        yield report
    finally:
        with undisturbed():
            end(state)


def _walk_and_denial(state: State, report: Report) -> list[str]:
    arrivals = _put_through(report.gallery)
    allowed, denied = one_denial(state, report, arrivals[0])
    wanted = Counter(each.id for each in arrivals)
    told = _settled(lambda: _told(state), lambda found: found >= wanted)
    out.print()
    assignments = {each.id for each in load(state).assignments}
    walk = steps(read(state.path(FILE)), assignments)
    out.print(table(walk, "The walk, by the audit"))
    _print_webhooks(arrivals, told)
    print_denial(allowed, denied)
    return _verdict(state, arrivals, told, denied)


def _put_through(gallery: str) -> list[Arrival]:
    out.print("\n[bold]Three photos and one broken file[/]")
    files = uploads()
    photos = [send(gallery, each) for each in files]
    pool = ThreadPoolExecutor(len(files))
    try:
        pairs = zip(files, photos, strict=True)
        arrivals = list(pool.map(lambda pair: arrive(gallery, *pair), pairs))
    finally:
        # Who does not want to wait for the photos ends the sandbox, and with it their threads.
        pool.shutdown(wait=False, cancel_futures=True)
    for each in arrivals:
        out.print(_in_words(each))
    return arrivals


def _in_words(arrival: Arrival) -> str:
    name, size = arrival.upload.name, len(arrival.upload.content)
    if arrival.thumbnail:
        width, height = arrival.thumbnail
        return f"[green]✓[/] {name:<12}{size:>9,} bytes   thumbnail {width} x {height}"
    return f"[yellow]✗[/] {name:<12}{size:>9,} bytes   {arrival.state}: {arrival.reason}"


def _told(state: State) -> Counter[str]:
    """How many different webhooks the partner has verified, by photo."""
    return Counter({photo: len(ids) for photo, ids in webhooks(state).items()})


def _print_webhooks(arrivals: Sequence[Arrival], told: Mapping[str, int]) -> None:
    counts = [told.get(each.id, 0) for each in arrivals]
    mark, which = ("[green]✓[/]", ", one for each photo") if set(counts) == {1} else ("✗", "")
    out.print(f"\n{mark} the partner verified {sum(counts)} webhooks{which}")


def _verdict(
    state: State, arrivals: Sequence[Arrival], told: Mapping[str, int], denied: Attempt
) -> list[str]:
    def dead() -> Mapping[str, int]:
        now = running(state)
        return now.dead_letters if now else {}

    dead_letters = _settled(dead, lambda found: not any(found.values()))
    now = running(state)
    restarts = {each.name: each.restarts for each in now.services} if now else {}
    restarts["azurite"] = now.azurite_restarts if now else 0
    found = shortfalls(arrivals, told, dead_letters, restarts)
    if denied.record.outcome is not Outcome.DENIED or denied.status == 0:
        found.append("the gateway was not denied the original")
    return found


def _settled(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """What `look` gives once it is good, or after a while as it is."""
    deadline = time.monotonic() + _SETTLING
    while not good(found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _timings(report: Report, seconds: float) -> str:
    return (
        f"\n[dim]endpoints ready in {report.endpoints_ready:.1f} s, "
        f"services in {report.services_ready:.1f} s, the demo in {seconds:.1f} s[/]"
    )


def _stay(state: State, report: Report) -> None:
    out.print(f"\nThe gallery: [bold]{published(report.gallery)}[/]   (Ctrl-C ends the sandbox)")
    try:
        while holder(state) == report.pid:
            time.sleep(0.5)
    except SystemExit:
        out.print("\nEnding.")
