"""The real Azure CLI, where there is one, and the sandbox's stand-in beside it."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.state import PROJECT, State
from sandbox.supervisor import Az
from tests.conftest import Running

# Where .ci/run installs it, by requirements/az.txt.
_INSTALLED = PROJECT / ".tools" / "az" / "bin"
_CODE = re.compile(r"enter the code ([A-Z0-9]{9}) to authenticate")
BOTH = ("az", "stand-in")


def found_az() -> Path | None:
    """Return the Azure CLI of this machine, or None."""
    found = shutil.which("az") or shutil.which("az", path=str(_INSTALLED))
    return Path(found) if found else None


def real_az() -> Path:
    """Return the Azure CLI of this machine; skip the test if there is none."""
    found = found_az()
    if found is None:
        pytest.skip("there is no Azure CLI here: install requirements/az.txt into .tools/az")
    return found


def the_az(which: str, state: State) -> Path:
    """The real one, or the stand-in."""
    return Az.found(state, stand_in=True).path if which == "stand-in" else real_az()


@dataclass(frozen=True)
class Cli:
    """An Azure CLI, in an environment."""

    az: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that asks nothing."""
        return subprocess.run(
            [self.az, *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def log_in(self, sandbox: Running, who: str = "developer") -> None:
        """Sign in by device code; the code is given to `./keyless sign-in`."""
        program = subprocess.Popen(
            [self.az, "login", "--use-device-code"],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with program:
            assert program.stderr is not None
            prompt = program.stderr.readline()
            found = _CODE.search(prompt)
            answered = sandbox.run("sign-in", found[1] if found else "", "--as", who)
            assert answered.returncode == 0, prompt + answered.stderr
            _, errors = program.communicate()
        assert program.returncode == 0, errors


def at_home(home: Path, variables: Mapping[str, str], az: Path | None = None) -> dict[str, str]:
    """Return the environment of a user whose home is `home`, with `az` first on the PATH."""
    path = os.environ["PATH"] if az is None else f"{az.parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **variables}
