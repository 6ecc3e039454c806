"""The first use of an installed package: npm fetches Azurite into the user's cache.

The lock file fixes each package by its hash. The folder appears under its name only when it is
complete, so an interrupted fetch leaves a draft, which the next one deletes.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox import commands
from sandbox.storage import installation
from sandbox.storage.installation import (
    MAIN,
    AzuriteError,
    Node,
    azurite_folder,
    cached,
    find_npm,
    shipped_files,
)

OnStep = Callable[[str], object]

_LOG = "npm.log"
_DRAFT = ".draft"
_PAUSE = 3.0
# The options come last, so that they outweigh npm's own files. No package needs its scripts.
_OPTIONS = (
    *("--no-global", "--no-dry-run", "--no-package-lock-only", "--ignore-scripts"),
    *("--no-audit", "--no-fund", "--no-progress", "--loglevel=error"),
    *("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"),
)
_ONCE = "this machine needs the registry once"
_CAUSES = (
    (r"EINTEGRITY", "the registry's file differs from the locked one; check npm's registry"),
    (r"ENOSPC|EDQUOT", "the disk is full; free 200 MB"),
    (r"\bE40[137]\b", "the registry or its proxy refuses your access; check npm's settings"),
    (
        r"SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_",
        "the registry's certificate is not trusted; name your authority in NODE_EXTRA_CA_CERTS",
    ),
    (r"\bE404\b|ETARGET", "the registry lacks a package; check npm's registry"),
    (
        r"ENOTFOUND|EAI_?AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
        r"|ENOTCACHED|Exit handler never called",
        f"the registry is unreachable; go online or check npm's registry and proxy: {_ONCE}",
    ),
)


def fetch(on_step: OnStep) -> Path:
    """Return the folder that holds Azurite, after fetching it if this is its first use.

    `on_step` is called with each sentence of progress. Raises AzuriteError, with one sentence.
    """
    if not commands.INSTALLED:
        return azurite_folder()
    found = cached()
    if not _is_complete(found):
        try:
            with _one_at_a_time(found.parent, on_step) as lock:
                if not _is_complete(found):
                    _fetch(found, lock, on_step)
        except OSError as error:
            raise AzuriteError(_unwritable(found.parent, error)) from error
    return found


def _is_complete(folder: Path) -> bool:
    return (folder / MAIN).is_file()


def _unwritable(cache: Path, error: OSError) -> str:
    reason = f"{error.filename or cache}: {error.strerror or error}"
    return f"cannot keep Azurite in {cache} ({reason}); set XDG_CACHE_HOME to another folder"


@contextmanager
def _one_at_a_time(cache: Path, on_step: OnStep) -> Iterator[int]:
    """Hold the cache's lock, which npm inherits, so that a killed fetch's npm ends first."""
    cache.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(cache / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_step("another process is fetching Azurite; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _fetch(folder: Path, lock: int, on_step: OnStep) -> None:
    """Create `folder`, all at once. Raises AzuriteError or OSError."""
    node = find_npm()
    for stale in folder.parent.glob(f"*{_DRAFT}"):
        shutil.rmtree(stale, ignore_errors=True)
    packages = _locked_packages()
    version = packages["node_modules/azurite"]["version"]
    on_step(f"fetching Azurite {version} into {folder}, at first use only")
    begun = time.monotonic()
    draft = Path(tempfile.mkdtemp(suffix=_DRAFT, dir=folder.parent))
    try:
        _copy_shipped(draft)
        _run_npm(node, draft, lock, len(packages), on_step)
        _try_out(node, draft)
        shutil.rmtree(folder, ignore_errors=True)  # one whose files something else has deleted
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    on_step(f"Azurite was fetched in {time.monotonic() - begun:.0f} s")


def _locked_packages() -> Mapping[str, Any]:
    lock = json.loads((installation.SHIPPED / "package-lock.json").read_text("utf-8"))
    return dict(lock["packages"])


def _copy_shipped(draft: Path) -> None:
    for name in shipped_files():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(installation.SHIPPED / name, draft / name)


def _run_npm(node: Node, draft: Path, lock: int, total: int, on_step: OnStep) -> None:
    log = draft.parent / _LOG
    command = [*node.npm, "ci", "--prefix", str(draft), *_OPTIONS]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=draft,
            env=_variables(node),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
        )
        try:
            _wait(process, draft, total, on_step)
        finally:
            process.kill()
            process.wait()
    if process.returncode or not _is_complete(draft):
        raise AzuriteError(_failure(log))


def _wait(process: "subprocess.Popen[bytes]", draft: Path, total: int, on_step: OnStep) -> None:
    """Wait for npm, and say how far it is whenever that has changed."""
    before = 0
    while process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PAUSE)
        found = _count(draft / "node_modules")
        if found > before:
            on_step(f"  {found} of {total} packages")
        before = found


def _count(modules: Path) -> int:
    """Return the number of installed packages, those of npm's scopes included."""
    return sum(1 for each in ("*/package.json", "@*/*/package.json") for _ in modules.glob(each))


def _variables(node: Node) -> dict[str, str]:
    """Return the user's variables, without NODE_OPTIONS, which may load other code."""
    kept = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    return {**kept, "PATH": f"{Path(node.path).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"}


def _try_out(node: Node, draft: Path) -> None:
    """Run Azurite once. Raises AzuriteError if it does not print its version."""
    command = [node.path, str(draft / MAIN), "--version"]
    done = subprocess.run(command, env=_variables(node), capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise AzuriteError(f"Azurite was fetched and does not run: {said[-1] if said else ''}")


def _failure(log: Path) -> str:
    said = log.read_text("utf-8", "replace")
    for pattern, cause in _CAUSES:
        if re.search(pattern, said):
            return f"cannot fetch Azurite: {cause} (npm's output is in {log})"
    return f"cannot fetch Azurite: npm failed, and its output is in {log}"
