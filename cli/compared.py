"""The policy against what a deployed environment has."""

from pathlib import Path

import requests
from rich.text import Text

from cli.names import short_scope
from cli.terminal import fail
from local.arm import ResourceManager, UnseenError
from local.assignments import Difference, Granted, compare, found, meant, principals
from local.az_commands import DEPLOY_AGAIN
from local.azd_values import Values
from local.rights import Environment
from local.roles import Roles
from local.sign_in import open_developers_credential, signed_in
from sandbox.deployment import Deployment, PrincipalKind, as_compiled

_MAY_BE_MEANT = "such may be meant, like the rights of whoever deploys: take away what nobody needs"


def with_azure(env_file: Path | None, environment: str | None) -> Difference:
    """Every assignment at or below the environment's resource group, against the snapshot's.

    Raises SnapshotError, ValuesError, or SignInError.
    """
    values = Values.from_file(env_file) if env_file else Values.from_azd(environment)
    deployed_as, credential = Environment.of(values), open_developers_credential()
    signed_in(credential)  # who is not hears that, and not what the first request came to
    try:
        with requests.Session() as session:
            return compared(as_compiled(), values, ResourceManager(session, credential))
    except UnseenError as error:
        fail(
            "the role assignments there cannot be read, which takes Reader on "
            f"{deployed_as.group}: {error}"
        )


def compared(deployment: Deployment, values: Values, arm: ResourceManager) -> Difference:
    """The snapshot's policy against what `arm` lists. Raises ValuesError, or UnseenError."""
    environment = Environment.of(values)
    users = {
        each.name: values.named.get(f"{each.name.upper()}_PRINCIPAL_ID", "")
        for each in deployment.principals
        if each.kind is PrincipalKind.USER
    }
    ids = principals(arm, environment, users)
    roles = Roles.of_azure(arm, environment, deployment)
    return compare(
        meant(deployment, environment, ids, roles),
        found(arm, environment, ids, roles),
        [each.name for each in deployment.principals if each.name not in ids],
    )


def told(difference: Difference) -> Text:
    """What differs, each with the command that mends it."""
    lines = Text()
    for each in difference.missing:
        lines.append("✗ ", "bold red").append(f"missing: {_in_words(each)}\n{_mend(each)}")
    if difference.missing:
        lines.append(f"  all that is missing, by the deployment: {DEPLOY_AGAIN}\n")
    for each in difference.beside:
        lines.append("! ", "bold yellow").append(f"beside the policy: {_in_words(each)}\n")
        lines.append(_mend(each))
    if difference.beside:
        lines.append(f"  {_MAY_BE_MEANT}\n")
    if not (difference.missing or difference.beside):
        lines.append("✓ ", "green").append(
            "the environment has the policy's role assignments and no other\n"
        )
    if difference.absent:
        lines.append(f"  not there, so not compared: {', '.join(difference.absent)}\n")
    return lines


def _in_words(each: Granted) -> str:
    why = f": {each.why}" if each.why else ""
    return f"{each.who}'s {each.role} on {short_scope(each.scope)}{why}"


def _mend(each: Granted) -> str:
    return f"    {each.mend}\n" if each.mend else ""
