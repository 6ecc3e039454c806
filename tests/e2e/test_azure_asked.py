"""The tests of -m azure_verified, with the sandbox in Azure's place, run as a user runs them.

They have signed in and find each service by its name alone; each does their own part of it, in an
environment without apps, as the page says.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.conftest import Running
from tests.e2e.test_local import written
from tests.e2e.test_recreated import started_by

# The developer's are 150, which test_data_plane.py tries as the developer, too: here, those that
# a sign-in decides.
SOME = "not azure_answers_so or token or denied"
PASSED = re.compile(r"(\d+) passed")


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox that starts no service, since those would take messages away."""
    state = tmp_path_factory.mktemp("azure")
    with started_by(state, "tests.e2e.endpoints_only", str(state)) as running:
        yield running


@pytest.fixture
def azure_env(azure: Running, tmp_path: Path) -> Path:
    return written(azure, tmp_path)


def shell(azure: Running, azure_env: Path, who: str) -> Mapping[str, str]:
    """Return the variables of a shell after `eval "$(./keyless env WHO --stand-in)"`."""
    lines = azure.run("env", who, "--stand-in").stdout
    asked = f"{lines}\nexport KEYLESS_AZURE='{azure_env}'\nenv -0"
    done = subprocess.run(["sh"], input=asked, capture_output=True, text=True, check=True)
    return dict(each.split("=", 1) for each in done.stdout.split("\0") if "=" in each)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("who", "some", "at_least"), [("developer", SOME, 50), ("operator", "", 20)]
)
def test_whoever_is_signed_in_asks_their_own_part(
    azure: Running, azure_env: Path, who: str, some: str, at_least: int
) -> None:
    signed_in = azure.run("sign-in", "--approve", "--stand-in", "--as", who)
    assert signed_in.returncode == 0, signed_in.stderr
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "azure_verified", "-k", some, "-rs", "tests/access"],
        cwd=PROJECT,
        env=shell(azure, azure_env, who),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = PASSED.search(done.stdout)
    assert passed is not None
    assert int(passed[1]) >= at_least, done.stdout
    assert f"you are signed in as the {who}" in done.stdout
