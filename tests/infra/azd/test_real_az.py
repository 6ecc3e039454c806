"""The real Azure CLI takes each command that a step gives it; not signed in, it goes no further."""

import importlib.util
import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from infra.azd.revisions import Revision
from infra.entra.graph import Graph, Stop
from tests.azure_cli import Cli, real_az
from tests.infra.azd.recorded import GROUP, SCOPE, SUBSCRIPTION

APP = f"--name gateway --resource-group {GROUP}"
BUS = f"--resource-group {GROUP} --namespace-name sb-dev"
URL = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
COMMANDS = [
    f"containerapp list --resource-group {GROUP}",
    f"containerapp revision list {APP}",
    f"containerapp replica list {APP} --revision gateway--2",
    f"containerapp logs show {APP} --revision gateway--2 --replica r --tail 300 --format text",
    f"containerapp logs show {APP} --type system --tail 300",
    f"deployment group list --resource-group {GROUP} --query [].name",
    "deployment sub show --name dev-1 --query [].id",
    f"rest --method get --url {URL}",
    f"role assignment delete --ids {SCOPE}/providers/Microsoft.Authorization/roleAssignments/a",
    "role definition list --custom-role-only",
    "keyvault list-deleted --resource-type vault",
    f"servicebus queue list {BUS}",
    f"servicebus topic list {BUS} --query [].name",
    f"servicebus topic subscription list {BUS} --topic-name t --query [].name",
    f"servicebus topic subscription rule list {BUS} --topic-name t --subscription-name s",
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


def test_it_takes_what_the_registration_asks_of_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{real_az().parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("AZURE_CORE_COLLECT_TELEMETRY", "no")
    body = {"displayName": "Keyless catalog (dev)", "identifierUris": ["api://{appId}"]}
    path = "/applications(uniqueName='keyless-catalog-dev')"
    with pytest.raises(Stop, match="az login"):
        Graph().ask("PATCH", path, body, "Prefer=create-if-missing")


def test_it_would_not_take_another(tmp_path: Path) -> None:
    done = try_out(f"{COMMANDS[0]} --no-such-option", tmp_path)
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr


def enums() -> ModuleType:
    """The states of Container Apps, as the Azure CLI's own code lists them."""
    name = "azure/cli/command_modules/containerapp/_sdk_enums.py"
    prefix = real_az().resolve().parent.parent
    files = [*prefix.glob(f"lib/python3*/site-packages/{name}"), *prefix.glob(f"lib/*/{name}")]
    if not files:
        pytest.skip("this Azure CLI is not laid out as pip lays it out")
    spec = importlib.util.spec_from_file_location("az_enums", files[0])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_state_that_the_azure_cli_knows_is_a_failure_or_is_none() -> None:
    known = enums()
    provisioning = {each.value for each in known.RevisionProvisioningState}
    running = {each.value for each in known.RevisionRunningState}
    failing = {each for each in provisioning if Revision("r", provisioning=each).failure}
    assert provisioning - failing == {"Provisioning", "Provisioned"}
    failing = {each for each in running if Revision("r", running=each).failure}
    assert running - failing == {"Running", "Processing", "Unknown"}
    # A revision whose health is bad is not ready; it may be on its way.
    for each in known.RevisionHealthState:
        assert Revision("r", health=each.value).failure == ""
