"""The real Azure CLI takes each command that a step gives it; not signed in, it goes no further."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.azure_cli import Cli, real_az
from tests.infra.azd.recorded import GROUP, SCOPE, SUBSCRIPTION

APP = f"--name gateway --resource-group {GROUP}"
URL = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
COMMANDS = [
    f"containerapp list --resource-group {GROUP}",
    f"containerapp revision list {APP}",
    f"containerapp replica list {APP} --revision gateway--2",
    f"containerapp logs show {APP} --revision gateway--2 --replica r --tail 300 --format text",
    f"containerapp logs show {APP} --type system",
    f"deployment group list --resource-group {GROUP} --query [].name",
    "deployment sub show --name dev-1 --query [].id",
    f"rest --method get --url {URL}",
    f"role assignment delete --ids {SCOPE}/providers/Microsoft.Authorization/roleAssignments/a",
    "role definition list --custom-role-only",
    "keyvault list-deleted --resource-type vault",
    f"servicebus queue list --resource-group {GROUP} --namespace-name sb-dev",
]


def try_out(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    nobody = {"AZURE_CONFIG_DIR": str(folder), "AZURE_CORE_COLLECT_TELEMETRY": "no"}
    az = Cli(real_az(), {**os.environ, **nobody})
    return az.run(*command.split(), "--only-show-errors", "--subscription", SUBSCRIPTION)


@pytest.mark.parametrize("command", COMMANDS)
def test_it_takes_the_command(command: str, tmp_path: Path) -> None:
    done = try_out(command, tmp_path)
    assert done.returncode == 1, done.stderr
    assert "az login" in done.stderr


def test_it_would_not_take_another(tmp_path: Path) -> None:
    done = try_out(f"{COMMANDS[0]} --no-such-option", tmp_path)
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr
