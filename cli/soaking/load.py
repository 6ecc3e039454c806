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

from cli.soaking.uploading import files, upload
from sandbox.audit import FILE, read
from sandbox.deployment import Deployment, load
from sandbox.loopback import ask
from sandbox.state import State
from sandbox.supervisor import Report

_TIMEOUT = 20.0
_STORAGE = "https://storage.azure.com"


@dataclass
class Tally:
    """The number of times that each job ran, and its unexpected results."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    photos: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Load:
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
