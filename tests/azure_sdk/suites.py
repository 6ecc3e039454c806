"""The suites of tests: the source of each, and the environment that it needs."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sandbox.deployment.snapshot import Snapshot
from sandbox.state import PROJECT
from sandbox.testing.deployment import Keyless
from tests.azure_sdk.variables import APP, OWNER, of_an_app, of_storage, of_the_bus

_STAND_INS = Path(__file__).parent / "stand_ins"
_TOOLS = PROJECT / ".tools" / "azure-sdk"
# Those of the SDK's tests, beside the SDK.
_PLUGINS = ("pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist")


OPTIONS = (
    "-q",
    "--tb=no",
    "--show-capture=no",
    "-o",
    "asyncio_mode=auto",
    "-p",
    "no:cacheprovider",
)


@dataclass(frozen=True)
class Suite:
    """The tests of one package, its requirements, and the arguments of each of its runs.

    `plugins` are those of pytest among the stand-ins, `replaced` the stand-ins for files of tests.
    """

    name: str
    package: str
    needs: tuple[str, ...]
    runs: tuple[tuple[str, ...], ...]
    variables: Callable[[Keyless, Snapshot], Mapping[str, str]]
    runs_as: str = OWNER
    replaced: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


SUITES = {
    "servicebus": Suite(
        "servicebus",
        "azure-servicebus",
        ("azure-identity", "azure-common", "azure-mgmt-servicebus", "azure-mgmt-resource"),
        # Those of the management delete every entity. Of the others most sleep, some for minutes.
        (("mgmt_tests",), ("--ignore=mgmt_tests", "-n", "8")),
        of_the_bus,
        replaced=("servicebus_preparer.py",),
        plugins=("by_token",),
    ),
    "blobs": Suite(
        "blobs",
        "azure-storage-blob",
        (
            *("azure-identity", "azure-mgmt-storage", "azure-storage-extensions"),
            *("nanoarrow", "pyarrow", "requests"),
        ),
        (("-n", "2", "--timeout", "300"),),
        of_storage,
    ),
    "identity": Suite(
        "identity",
        "azure-identity",
        ("azure-keyvault-secrets", "azure-storage-blob", "requests"),
        # Those that a developer starts by hand want to write to a terminal.
        (("--manual", "-s", "--timeout", "120"),),
        of_an_app,
        runs_as=APP,
    ),
}


def arranged(suite: Suite, folder: Path) -> tuple[Path, Path]:
    """Return a Python with the packages of the tests, and the folder of the tests.

    Raises CalledProcessError if the package cannot be fetched.
    """
    python = _environment_for(suite)
    wanted = f"{suite.package}=={version(suite.package)}"
    _pip(python, "download", "--no-deps", "--no-binary", ":all:", wanted, "-d", str(folder))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (unpacked,) = folder.glob(f"{archive.name.removesuffix('.tar.gz')}*/tests")
    for name in suite.replaced:
        shutil.copy(_STAND_INS / name, unpacked / name)
    return python, unpacked


def environment(suite: Suite, sandbox: Keyless, snapshot: Path) -> dict[str, str]:
    """Return the variables of a process that runs the tests."""
    theirs = sandbox.as_identity(suite.runs_as).environment
    own = suite.variables(sandbox, Snapshot.read(snapshot))
    paths = (theirs.get("PYTHONPATH", ""), str(_STAND_INS), str(PROJECT))
    return {**os.environ, **theirs, **own, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _environment_for(suite: Suite) -> Path:
    """Return the Python of an environment that stays, with the suite's packages."""
    folder = _TOOLS / suite.name
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    own = f"{suite.package}=={version(suite.package)}"
    _pip(python, "install", own, *suite.needs, *_PLUGINS, "aiohttp", "websocket-client")
    return python


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)
