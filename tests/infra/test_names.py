"""Valid names of an environment, which are part of every resource name."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.infra.bicep import FOLDER, expand, needs_bicep, of_type
from tests.infra.test_workshop import WORKSHOP, in_group

pytestmark = needs_bicep

ENTRIES = {
    "main": (
        (FOLDER / "sandbox.bicepparam").read_text().replace("'sandbox'", "'NAME'"),
        ("--tenant-id", "7e4a4700-0000-4000-8000-000000000000", "--deployment-name", "sandbox"),
    ),
    "workshop": (WORKSHOP.replace("'ada'", "'NAME'"), in_group("rg-keyless-ada")),
}
# https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
RULES = {
    "Microsoft.KeyVault/vaults": r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.ServiceBus/namespaces": r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]",
    "Microsoft.ContainerRegistry/registries": r"[A-Za-z0-9]{5,50}",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[A-Za-z0-9][\w-]{2,127}",
    "Microsoft.OperationalInsights/workspaces": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
}


@pytest.mark.parametrize(
    ("entry", "name"),
    [("main", "dev-"), ("main", "-dev"), ("main", "a--b"), ("main", "a_b"), ("workshop", "dev-")],
)
def test_a_name_that_azure_would_refuse_is_named_before_anything_is_made(
    entry: str, name: str, tmp_path: Path
) -> None:
    parameters, options = ENTRIES[entry]
    with pytest.raises(subprocess.CalledProcessError) as error:
        expand(parameters.replace("NAME", name), tmp_path, *options)
    printed = error.value.stderr.decode()
    assert f"the name of the environment is {name}: it must consist of letters, digits" in printed


@pytest.mark.parametrize(
    ("entry", "name"), [("main", "Dev-2"), ("main", "abcdefghijkl"), ("workshop", "1-of-12")]
)
def test_each_name_that_is_taken_becomes_part_of_names_that_azure_takes(
    entry: str, name: str, tmp_path: Path
) -> None:
    parameters, options = ENTRIES[entry]
    found = expand(parameters.replace("NAME", name), tmp_path, *options)
    for kind, rule in RULES.items():
        names = [each["name"] for each in of_type(found, kind)]
        assert names
        assert [each for each in names if not re.fullmatch(rule, each)] == []
