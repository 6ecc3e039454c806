"""What -m azure_verified asks of Azure, asked of the sandbox in its place, as people ask it.

They have signed in and find each service by its name alone; each does their own part of it. Some is
asked here, since the Azure CLI's stand-in is started for each token.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.state import PROJECT, State
from tests.conftest import Running, keyless
from tests.e2e.test_local import values

# Two of the developer's, two of the operator's.
SOME = "vault-missing or another_secret_is_denied or each_set_makes or cannot_get_it_back"


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of its own: the operator sets the key, which the partner does not learn."""
    state = tmp_path_factory.mktemp("azure")
    started = keyless(state, "up", "--detach", "--port", "0")
    assert started.returncode == 0, started.stdout + started.stderr
    yield Running(State.open(state))
    keyless(state, "down")


@pytest.fixture
def azure_env(azure: Running, tmp_path: Path) -> Path:
    path = tmp_path / "azure.env"
    named = values(azure.deployment)
    path.write_text("\n".join(f"{name}={json.dumps(value)}" for name, value in named.items()))
    return path


def shell(azure: Running, azure_env: Path) -> Mapping[str, str]:
    """What a shell has after `eval "$(./keyless env developer --stand-in)"`."""
    lines = azure.run("env", "developer", "--stand-in").stdout
    asked = f"{lines}\nexport KEYLESS_AZURE='{azure_env}'\nenv -0"
    done = subprocess.run(["sh"], input=asked, capture_output=True, text=True, check=True)
    return dict(each.split("=", 1) for each in done.stdout.split("\0") if "=" in each)


@pytest.mark.parametrize("who", ["developer", "operator"])
def test_whoever_is_signed_in_asks_their_own_part(
    azure: Running, azure_env: Path, who: str
) -> None:
    signed_in = azure.run("sign-in", "--approve", "--stand-in", "--as", who)
    assert signed_in.returncode == 0, signed_in.stderr
    files = ("tests/access/test_data_plane.py", "tests/access/test_assumptions.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "azure_verified", "-rs", "-k", SOME, *files],
        cwd=PROJECT,
        env=shell(azure, azure_env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 2 skipped" in done.stdout
    assert f"you are signed in as the {who}" in done.stdout
