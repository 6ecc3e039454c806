"""The policy against what a deployed environment has."""

from pathlib import Path

import requests

from local.arm import ResourceManager, UnseenError
from local.assignments import Difference, compare, found, meant, principals
from local.rights import Environment
from local.sign_in import open_developers_credential
from local.values import Values
from sandbox.cli.terminal import fail
from sandbox.deployment import Deployment


def with_azure(
    deployment: Deployment, env_file: Path | None, environment: str | None
) -> Difference:
    """Every assignment at or below the environment's resource group. Raises ValuesError."""
    values = Values.from_file(env_file) if env_file else Values.from_azd(environment)
    deployed_as = Environment.of(values)
    users = {
        name: values.named.get(f"{name.upper()}_PRINCIPAL_ID", "")
        for name in ("developer", "operator")
    }
    try:
        with requests.Session() as session:
            arm = ResourceManager(session, open_developers_credential())
            names = principals(arm, deployed_as, users)
            there = list(found(arm, deployed_as, names))
    except UnseenError as error:
        fail(f"Azure does not let you read role assignments there: {error}")
    return compare(meant(deployment, deployed_as, names.values()), there)
