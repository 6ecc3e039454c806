"""The real Azure CLI takes each command of a workshop; not signed in, it goes no further."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from infra.workshop.__main__ import main
from tests.azure_cli import Cli, real_az
from tests.infra.bicep import PROGRAM, needs_bicep
from tests.infra.workshop.azure import Azure

ADA = "ada@example.com"
KNOWN = (
    "account show",
    "ad user show",
    "containerapp list-usages",
    "deployment group create",
    "deployment sub create",
    "group create",
    "group delete",
    "group list",
    "group wait",
    "keyvault list",
    "keyvault list-deleted",
    "keyvault purge",
    "provider list",
    "provider register",
    "role definition delete",
    "role definition list",
)


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sequence[str]]:
    """One of each kind of command that a workshop gives, as the stand-in was asked it."""
    folder = tmp_path_factory.mktemp("azure")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", str(folder))
        azure = Azure.begin(folder, users={ADA: "a77e4dee-0000-4000-8000-000000000001"})
        assert main(["make", ADA, "--do"]) == 0
        azure["vaults"] = {"rg-keyless-ada": ["kv-ada"]}
        assert main(["remove", ADA, "--do"]) == 0
    return dict(azure["asked"])


def test_every_kind_of_command_is_tried(commands: Mapping[str, Sequence[str]]) -> None:
    assert sorted(commands) == list(KNOWN)


@needs_bicep
@pytest.mark.parametrize("kind", KNOWN)
def test_it_takes_the_command(
    commands: Mapping[str, Sequence[str]], kind: str, tmp_path: Path
) -> None:
    # It compiles the templates, and holds the parameters against them.
    (tmp_path / "bicep").symlink_to(str(PROGRAM))
    nobody = {
        "AZURE_CONFIG_DIR": str(tmp_path),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_BICEP_USE_BINARY_FROM_PATH": "true",
        "AZURE_BICEP_CHECK_VERSION": "false",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    done = Cli(real_az(), {**os.environ, **nobody}).run(*commands[kind])
    assert "az login" in done.stderr
