"""Fixtures that all tests share: one running sandbox, and its services' identities."""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from cli.control import ask
from cli.env import developer_variables
from sandbox.audit import FILE, Record, read
from sandbox.deployment import Deployment, load
from sandbox.state import PROJECT, State
from sandbox.supervisor import DEVELOPER, IDENTITY_VARIABLES, Report, running
from sandbox.supervisor.program_variables import service_variables
from tests.forked_commands import Commands

# A gate draws the same examples each time. `--hypothesis-profile explore` draws others: .ci/slow.
# Neither judges how long an example takes: the machine may stop in the middle of one.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", _UNTIMED, derandomize=True)
settings.register_profile("explore", _UNTIMED, derandomize=False, print_blob=True)
settings.load_profile("gate")

# The user's own assumptions are not those of the tests.
os.environ.pop("KEYLESS_ASSUME", None)
# A busy machine may take longer to start a sandbox than a person would wait for it.
os.environ["KEYLESS_WAIT"] = "110"
# Hundreds of processes import the project: let only the first of them compile its modules.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# The Bicep compiler ends before a profile of its own code could make it quicker.
os.environ["DOTNET_TieredPGO"] = "0"  # noqa: SIM112 - its name on Linux
# A company's proxy is for Azure, and knows nothing of this machine's ports.
_BESIDE = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = f"{_BESIDE},127.0.0.1,localhost".lstrip(",")

# In the environment as it is from here on.
COMMANDS = Commands()

# Tests that take minutes run on request: by their option, or by their path.
_APART = {
    "--faults": PROJECT / "tests" / "faults",
    "--installed": PROJECT / "tests" / "installed",
    "--labs": PROJECT / "tests" / "labs",
    "--room": PROJECT / "tests" / "room",
    "--containers": PROJECT / "tests" / "containers" / "running",
}


_SLOW = frozenset(
    PROJECT / "tests" / each
    for each in (
        *("docs", "faults", "installed", "e2e", "copier", "attacks", "access", "deployments"),
        "labs",
    )
)


@dataclass(frozen=True)
class Running:
    """A sandbox with the four services, as `./keyless up` starts it."""

    state: State

    @property
    def report(self) -> Report:
        report = running(self.state)
        assert report is not None, "the sandbox has ended"
        return report

    @property
    def deployment(self) -> Deployment:
        return load(self.state)

    def environment(self, service: str) -> Mapping[str, str]:
        """Return the exports of `./keyless env SERVICE`; SERVICE may also be the developer."""
        if service == DEVELOPER:
            return developer_variables(self.report, self.state)
        return service_variables(self.report, service, self.state)

    def act_as(self, service: str, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
        """Step into a service's shoes, as `eval "$(./keyless env SERVICE)"` does."""
        variables = self.environment(service)
        # Lower-case names take precedence.
        for name in (*IDENTITY_VARIABLES, *map(str.lower, variables)):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return variables

    def audit(self) -> list[Record]:
        """Every line of the audit so far."""
        return list(read(self.state.path(FILE)))

    def rest(self) -> None:
        """Wait until no message is under way: an earlier test may have left its photos."""
        deadline = time.monotonic() + 100
        while True:
            ask(self.state, "fault", {"end": "vault-lag"})  # changes nothing, and writes a report
            if not any(self.report.messages.values()):
                return
            assert time.monotonic() < deadline, self.report.messages
            time.sleep(0.1)

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run `./keyless` with this sandbox, and these variables."""
        return keyless(self.state.root, *arguments, **variables)


def keyless(
    state: Path, *arguments: str, encoding: str = "utf-8", **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command of the command line on the sandbox that `state` is of."""
    environment = {**os.environ, **variables}
    if encoding == "utf-8" and COMMANDS.fit(environment):
        return COMMANDS.run(state, *arguments, environment=environment)
    return keyless_process(state, *arguments, encoding=encoding, **variables)


def keyless_process(
    state: Path, *arguments: str, encoding: str = "utf-8", **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process of its own, and so is a sandbox that it starts."""
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables, "KEYLESS_STATE": str(state)},
        capture_output=True,
        encoding=encoding,
        check=False,
    )


@contextmanager
def up(state: Path, *options: str) -> Iterator[Running]:
    """A sandbox with its state in a folder of its own; it ends with the block."""
    started = keyless(state, "up", "--detach", "--port", "0", *options)
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield Running(State.open(state))
    finally:
        keyless(state, "down")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start one sandbox for all tests that only use it."""
    with up(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="Count a skipped test as a failed one (for CI)."
    )
    parser.addoption(
        "--faults", action="store_true", help="Run tests/faults too, which start many sandboxes."
    )
    parser.addoption(
        "--installed",
        action="store_true",
        help="Run tests/installed too, which installs the sandbox with pip and npm.",
    )
    parser.addoption(
        "--labs", action="store_true", help="Run tests/labs too: every lab in all its states."
    )
    parser.addoption(
        "--room", action="store_true", help="Run tests/room too, which packs a room and sets it up."
    )
    parser.addoption(
        "--containers",
        action="store_true",
        help="Run tests/containers/running too, which builds the images (as root, on Debian).",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Turn the garbage collector off until the tests are collected: there is hardly any garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector visit the objects of tests, never again the items and the modules."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let each worker begin at another entry of a folder.

    The first worker that imports a module rewrites its assertions, and caches the result for the
    others. If all took the modules in the same order, all would rewrite each at the same moment.
    """
    report = yield
    if isinstance(collector, pytest.Dir) and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
        entries = report.result
        place = int(worker.removeprefix("gw")) / int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        first = int(len(entries) * place)
        report.result = entries[first:] + entries[:first]
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the slow tests that were not asked for."""
    given = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    # Workers have collected in orders of their own.
    items.sort(key=lambda each: (_place(each.path, tuple(given)), each.path))
    left_out = {
        folder
        for option, folder in _APART.items()
        if not config.getoption(option)
        and not any(path == folder or folder in path.parents for path in given)
    }
    apart = [each for each in items if _is_below(each.path, frozenset(left_out))]
    config.hook.pytest_deselected(items=apart)
    left = set(apart)
    items[:] = sorted((each for each in items if each not in left), key=_is_quick)


@cache
def _place(path: Path, given: tuple[Path, ...]) -> int:
    """Return the index of the given path that contains the test's file."""
    places = (n for n, each in enumerate(given) if each == path or each in path.parents)
    return next(places, len(given))


def _is_quick(item: pytest.Item) -> bool:
    """Put tests that start sandboxes of their own first, so that no worker ends alone with them."""
    return not _is_below(item.path, _SLOW)


@cache
def _is_below(path: Path, folders: frozenset[Path]) -> bool:
    return not folders.isdisjoint(path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    report = yield
    if report.skipped and item.config.getoption("--no-skips") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be skipped here: {report.longrepr}"
    return report
