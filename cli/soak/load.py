"""Mixed load: uploads, gallery pages, thumbnails, denied reads, and reads of the audit."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random

import requests
from rich.table import Table

from cli.soak.processes import family
from cli.soak.rounds import SoakSandbox
from cli.soak.survey import is_quiet
from cli.soak.uploads import files, upload
from cli.soak.usage import Usage, grown, usage
from sandbox.audit import FILE, read
from sandbox.deployment import Deployment, load
from sandbox.loopback import ask
from sandbox.state import State
from sandbox.supervisor import Report

_TIMEOUT = 20.0
_STORAGE = "https://storage.azure.com"

# Caches and pools fill at first; what counts is whether it goes on.
_LONGEST_WARM_UP = 60.0
_PATIENCE = 150.0


@dataclass
class Tally:
    """The number of times that each job ran, and its unexpected results."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    photos: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Load:
    """Jobs that run concurrently on the sandbox of `report`."""

    state: State
    report: Report
    seed: int
    tally: Tally = field(default_factory=Tally)

    @contextmanager
    def running(self) -> Iterator[Tally]:
        """Run all jobs during the block."""
        over = threading.Event()
        threads = [
            threading.Thread(target=self._repeat, args=(over, name, once, pause))
            for name, (once, pause) in self._jobs().items()
        ]
        for each in threads:
            each.start()
        try:
            yield self.tally
        finally:
            over.set()
            for each in threads:
                each.join()

    def _jobs(self) -> Mapping[str, tuple[Callable[[], None], float]]:
        """Return each job, and its pause in seconds."""
        upload = self._uploader()
        return {
            "uploads": (upload, 0.3),
            "pages": (self._page, 0.3),
            "denied reads": (self._denied_read, 0.3),
            "reads of the trace": (self._trace, 3.0),
        }

    def _repeat(
        self, over: threading.Event, name: str, once: Callable[[], None], pause: float
    ) -> None:
        while not over.wait(pause):
            try:
                once()
                self.tally.done[name] += 1
            except (requests.RequestException, UnexpectedError) as error:
                self.tally.wrong[f"{name}: {error}"[:200]] += 1

    def _uploader(self) -> Callable[[], None]:
        numbers = count()

        def one() -> None:
            (file,) = files(1, Random(f"{self.seed} load {next(numbers)}"))  # noqa: S311
            sent = upload(self.report.gallery, file)
            if not sent.id:
                raise UnexpectedError(sent.refused)
            self.tally.photos.append(sent.id)

        return one

    def _page(self) -> None:
        answer = ask("GET", f"{self.report.gallery}/photos", timeout=_TIMEOUT)
        answer.raise_for_status()
        for each in answer.json()["photos"][:2]:
            if "thumbnail" in each:
                ask("GET", f"{self.report.gallery}{each['thumbnail']}", timeout=_TIMEOUT)

    def _denied_read(self) -> None:
        """Read an original as the gateway, which may only write originals."""
        variables = self.report.service("gateway").environment
        headers = {"Authorization": f"Bearer {_token(variables)}", "x-ms-version": "2025-11-05"}
        answer = ask(
            "GET",
            f"{_originals(load(self.state))}/{self.tally.photos[-1] if self.tally.photos else 'x'}",
            headers=headers,
            proxies={"https": self.report.proxy},
            verify=self.report.ca,
            timeout=_TIMEOUT,
        )
        if answer.status_code != 403:
            raise UnexpectedError(f"a read without a right was answered {answer.status_code}")

    def _trace(self) -> None:
        for _ in read(self.state.path(FILE)):
            time.sleep(0)


class UnexpectedError(RuntimeError):
    """An unexpected answer."""


def _token(variables: Mapping[str, str]) -> str:
    query = {"resource": _STORAGE, "client_id": variables["AZURE_CLIENT_ID"]}
    answer = ask(
        "GET",
        variables["IDENTITY_ENDPOINT"],
        params={**query, "api-version": "2019-08-01"},
        headers={"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]},
        timeout=_TIMEOUT,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _originals(deployment: Deployment) -> str:
    container = deployment.app("gateway").environment["STORAGE_ORIGINALS_CONTAINER"]
    return f"https://{deployment.storage.host}/{container}"


@dataclass(frozen=True)
class LoadResult:
    """The work done, each process's usage before and after, and the faults."""

    minutes: float
    stored: int
    tally: Tally
    before: Mapping[int, Usage]
    after: Mapping[int, Usage]
    wrong: tuple[str, ...]


def run_load(sandbox: SoakSandbox, minutes: float, seed: int) -> LoadResult:
    """Load the sandbox after a warm-up; measure it under load, and again once it is quiet."""
    report = sandbox.report
    assert report is not None, "the sandbox has ended by itself"  # noqa: S101
    with _Load(sandbox.state, report, seed).running() as tally:
        time.sleep(min(_LONGEST_WARM_UP, minutes * 60 / 3))
        before, photos = usage(family(sandbox.state, report.pid)), len(tally.photos)
        time.sleep(minutes * 60)
    quiet = _wait_until_quiet(sandbox)
    after, stored = usage(family(sandbox.state, report.pid)), len(tally.photos) - photos
    wrong = [f"{what} ({count} times)" for what, count in tally.wrong.items()]
    wrong += grown(before, after, stored) + ([] if quiet else ["the sandbox was never quiet"])
    return LoadResult(minutes, stored, tally, before, after, tuple(wrong))


def _wait_until_quiet(sandbox: SoakSandbox) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        report = sandbox.report
        if report is not None and is_quiet(report, sandbox.state):
            return True
        time.sleep(1)
    return False


def table(found: LoadResult) -> Table:
    """Return the usage, before and after, of each process that ran throughout."""
    done = ", ".join(f"{count} {what}" for what, count in found.tally.done.items())
    title = f"{found.minutes:g} minutes: {done}; {found.stored} photos stored meanwhile"
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    drawn.add_column("process")
    for heading in ("PSS MB", "RSS MB", "threads", "open files"):
        drawn.add_column(heading, justify="right")
    both = sorted(found.before.keys() & found.after.keys(), key=lambda pid: found.after[pid].name)
    for pid in both:
        drawn.add_row(found.after[pid].name, *_pairs(found.before[pid], found.after[pid]))
    return drawn


def _pairs(before: Usage, after: Usage) -> list[str]:
    memory = [(before.pss, after.pss), (before.rss, after.rss)]
    plain = [(before.threads, after.threads), (before.descriptors, after.descriptors)]
    return [f"{old / 1024:.1f} - {new / 1024:.1f}" for old, new in memory] + [
        f"{old} - {new}" for old, new in plain
    ]
