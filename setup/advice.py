"""Advice on failed steps, from the output of their programs."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from setup.paths import HOME, VENV
from setup.steps import StepError, answer
from setup.variables import addresses, of_a_step

DEBIAN = "apt-get install python3 python3-venv python3-dev gcc"
MACOS = "xcode-select --install, then brew install python"

# Bytes for everything, with Azurite and the tests' packages, and as much for unpacking.
_NEEDED = 1_000_000_000
AGAIN = "run ./keyless again, which continues where it stopped"
_ELSEWHERE = re.compile(r"(global|install)\.(target|prefix|root|user)$")

# The first match is the cause; an output may match several.
_CAUSES = (
    (
        r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT",
        "a disk is full ({disks}): free some space",
    ),
    (
        r"Read-only file system|EROFS",
        "a file system is read-only: put the project where you may write",
    ),
    (
        r"Missing dependencies for SOCKS",
        "pip cannot use a SOCKS proxy: unset {sources}, or name an HTTP proxy",
    ),
    (
        r"407 Proxy|Proxy Authentication Required|status code 407|response 407",
        "the proxy requires a user name and a password: add them to {sources}",
    ),
    (
        r"ProxyError|Cannot connect to proxy|tunneling socket could not be established",
        "the proxy is unreachable: check {sources}",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)"
        r"|certificate verify failed|invalid peer certificate",
        "the certificate of the registry, or of a proxy in front of it, is not trusted: name your"
        " company's authority in PIP_CERT, SSL_CERT_FILE and NODE_EXTRA_CA_CERTS",
    ),
    (
        r"SSL module is not available",
        "this Python was built without TLS: install another",
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch|EINTEGRITY",
        "the registry's file differs from the locked one: check {sources}",
    ),
    (
        r"\b(401|403) (Client Error|Unauthorized|Forbidden)|\bE40[13]\b|HTTP error 40[13]",
        "the registry refuses your access: check {sources}",
    ),
    (
        r"Name or service not known|Temporary failure in name resolution|nodename nor servname"
        r"|ENOTFOUND|EAIAGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|Connection refused|timed out"
        r"|Network is unreachable|ENETUNREACH|No route to host|NewConnectionError"
        r"|error sending request|dns error|ENOTCACHED|Exit handler never called",
        "the registry is unreachable: check that this machine is online, and {sources}",
    ),
    (
        r"not a trusted or secure host",
        "the registry's address is http, which pip does not trust: check {sources}",
    ),
    (
        r"No matching distribution|Could not find a version|No solution found|ETARGET|\bE404\b",
        "the registry lacks the package, or does not answer: check {sources}",
    ),
    (
        r"Can not perform a '--user' install|Can not combine '--\w+'",
        "pip's settings install packages elsewhere{pip}: remove that setting",
    ),
    (r"Python\.h: No such file", f"Python's C headers are missing: {DEBIAN}"),
    (
        r"EACCES|EPERM|Permission denied|Operation not permitted",
        "a file is not writable: check its owner and permissions",
    ),
    (r"ended with status -9|Cannot allocate memory|ENOMEM", "this machine has too little memory"),
    (r"node:internal|NODE_OPTIONS", "node does not run: check NODE_OPTIONS"),
)


def of_step(error: StepError, python: Path, given: Mapping[str, str] = os.environ) -> str:
    """Return the sentence for a failed step: which one, the cause if known, and the fix."""
    reason = _reason(error, python, given)
    return f"could not finish: {error}{reason and f': {reason}'}; then {AGAIN}"


def of_os_error(error: OSError) -> str:
    """Return the sentence for a file that could not be written or read."""
    what = f"cannot use {error.filename or VENV}: {error.strerror or error}"
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"{what} ({_disks()}): free some space; then {AGAIN}"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"{what}: put the project into a folder where you may write"
        case errno.ENOENT if HOME in Path(str(error.filename)).parents:
            return f"{what}: a file of the project is missing; git restore restores it"
    return f"{what}; if this persists, delete {VENV} and run ./keyless again"


def pips_own_settings(python: Path) -> str:
    """Return the end of a sentence on pip's files that install elsewhere; empty without one."""
    found = list(_elsewhere(python))
    return f"; {' and '.join(found)} installs packages elsewhere" if found else ""


def _reason(error: StepError, python: Path, given: Mapping[str, str]) -> str:
    for pattern, reason in _CAUSES:
        if re.search(pattern, error.said):
            known = {"disks": _disks(), "sources": _sources(given, error.tool), "pip": ""}
            if "{pip}" in reason:
                known["pip"] = "".join(f", by {each}" for each in _elsewhere(python))
            return reason.format(**known)
    return ""


def _sources(given: Mapping[str, str], tool: str) -> str:
    """Return the variables that set the packages' source; without one, the tool's settings."""
    named = addresses(given, tool)
    return ", ".join(named) if named else f"the settings of {tool}"


def _disks() -> str:
    """Return the free space of each disk with too little for the packages."""
    places = {HOME, Path(tempfile.gettempdir()), Path.home()}
    left = {each: shutil.disk_usage(each).free for each in sorted(places) if each.exists()}
    few = {each: free for each, free in left.items() if free < _NEEDED} or left
    return ", ".join(f"{free // 1_000_000} MB free at {each}" for each, free in few.items())


def _elsewhere(python: Path) -> Iterator[str]:
    try:
        lines = answer([str(python), "-I", "-m", "pip", "config", "debug"], of_a_step(os.environ))
    except StepError:
        return
    file = ""
    for line in lines.splitlines():
        if line.endswith(", exists: True"):
            file = line.strip().removesuffix(", exists: True")
        name, _, value = line.strip().partition(": ")
        if value and _ELSEWHERE.match(name):
            yield f"{name} in {file}"
