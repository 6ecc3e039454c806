"""`keyless demo`: three photos and a broken file pass the services, then one read is denied."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, TypeVar

import typer
from requests import RequestException

from cli.demo_run import (
    Arrival,
    DemoError,
    crashes,
    permissions_used,
    send,
    shortfalls,
    wait_until_done,
    webhooks,
)
from cli.denial import Attempt, one_denial, print_denial, readers
from cli.lifecycle import end, start_detached
from cli.options import (
    AssumeFromOption,
    AssumeOption,
    PortOption,
    StateOption,
    as_options,
    assumptions_of,
    open_state_for_start,
)
from cli.photos import Upload, uploads
from cli.progress import Progress
from cli.sample import needs_the_sample
from cli.snapshot_notes import warn_if_stale, warn_of_left_out
from cli.terminal import exit_on_signals, fail, ignoring_signals, interactive, out
from cli.trace import table
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
    exit_: Annotated[
        bool, typer.Option("--exit", help="Exit when done; with 1 if it fell short.")
    ] = False,
    assume: AssumeOption = None,
    assume_from: AssumeFromOption = None,
) -> None:
    """Send three photos and a broken file through the services, and show one denial."""
    opened = open_state_for_start(state)
    needs_the_sample("demo", opened)
    assumed = assumptions_of(assume, assume_from) if assume or assume_from else None
    begun = time.monotonic()
    warn_if_stale(opened)
    files = ThreadPoolExecutor(1).submit(uploads)  # painted while the sandbox starts
    with exit_on_signals(), _a_sandbox(opened, port, assumed) as report:
        try:
            found = _walk_and_denial(opened, report, files.result())
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
    """Yield the running sandbox, or start one that ends with the demo.

    If `assumed` is None, a sandbox with any assumptions will do.
    """
    already = running(state)
    if already is not None:
        if assumed and already.assumed != assumed.otherwise:
            fail(
                "the running sandbox was started with other --assume options; first run"
                f" {KEYLESS} down."
            )
        out.print(f"[green]✓[/] using the running sandbox: {published(already.gallery)}")
        yield already
        return
    warn_of_left_out(state)
    report = start_detached(state, port, Progress(state), as_options(assumed or LIKELY))
    try:
        yield report
    finally:
        with ignoring_signals():
            end(state)


def _walk_and_denial(state: State, report: Report, files: Sequence[Upload]) -> list[str]:
    with readers(state, report) as started:
        arrivals = _put_through(report.gallery, files)
        allowed, denied = one_denial(state, started, arrivals[0])
    wanted = Counter(each.id for each in arrivals)
    verified = _settled(lambda: _verified(state), lambda found: found >= wanted)
    out.print()
    assignments = {each.id for each in load(state).assignments}
    walk = permissions_used(read(state.path(FILE)), assignments)
    out.print(table(walk, "Permissions used, from the audit"))
    _print_webhooks(arrivals, verified)
    print_denial(allowed, denied)
    return _verdict(state, arrivals, verified, denied)


def _put_through(gallery: str, files: Sequence[Upload]) -> list[Arrival]:
    out.print("\n[bold]Three photos and one broken file[/]")
    photos = [send(gallery, each) for each in files]
    pool = ThreadPoolExecutor(len(files))
    try:
        pairs = zip(files, photos, strict=True)
        arrivals = list(pool.map(lambda pair: wait_until_done(gallery, *pair), pairs))
    finally:
        # A user who presses Ctrl-C waits for no photo: the sandbox ends, and so do the threads.
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


def _verified(state: State) -> Counter[str]:
    """Return how many different webhooks the partner has verified, by photo."""
    return Counter({photo: len(ids) for photo, ids in webhooks(state).items()})


def _print_webhooks(arrivals: Sequence[Arrival], verified: Mapping[str, int]) -> None:
    counts = [verified.get(each.id, 0) for each in arrivals]
    mark, which = ("[green]✓[/]", ", one for each photo") if set(counts) == {1} else ("✗", "")
    out.print(f"\n{mark} the partner verified {sum(counts)} webhooks{which}")


def _verdict(
    state: State, arrivals: Sequence[Arrival], verified: Mapping[str, int], denied: Attempt
) -> list[str]:
    def dead() -> Mapping[str, int]:
        now = running(state)
        return now.dead_letters if now else {}

    dead_letters = _settled(dead, lambda found: not any(found.values()))
    now = running(state)
    found = shortfalls(arrivals, verified, dead_letters) + (crashes(now) if now else [])
    if denied.record.outcome is not Outcome.DENIED or denied.status == 0:
        found.append("the gateway was not denied the original")
    return found


def _settled(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Return the result of `look` once it is `good`, or its last one after a while."""
    deadline = time.monotonic() + _SETTLING
    while not good(found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _timings(report: Report, seconds: float) -> str:
    return (
        f"\n[dim]endpoints ready in {report.endpoints_ready:.1f} s, "
        f"services in {report.services_ready:.1f} s, demo done in {seconds:.1f} s[/]"
    )


def _stay(state: State, report: Report) -> None:
    out.print(f"\nThe gallery: [bold]{published(report.gallery)}[/]   (Ctrl-C ends the sandbox)")
    try:
        while holder(state) == report.pid:
            time.sleep(0.5)
    except SystemExit:
        out.print("\nEnding.")
