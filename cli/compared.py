"""The policy compared with the role assignments of a deployed environment."""

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

_MAY_BE_INTENDED = (
    "these may be intended, such as the deploying user's rights; delete those that are not needed"
)


def with_azure(env_file: Path | None, environment: str | None) -> Difference:
    """Compare assignments at or below the environment's resource group with the snapshot's.

    Raises SnapshotError, ValuesError, or SignInError.
    """
    values = Values.from_file(env_file) if env_file else Values.from_azd(environment)
    deployed_as, credential = Environment.of(values), open_developers_credential()
    signed_in(credential)  # raises a clear error before the first request fails
    try:
        with requests.Session() as session:
            return compared(as_compiled(), values, ResourceManager(session, credential))
    except UnseenError as error:
        fail(
            f"cannot read the role assignments, which needs Reader on {deployed_as.group}: {error}"
        )


def compared(deployment: Deployment, values: Values, arm: ResourceManager) -> Difference:
    """Compare the snapshot's policy with what `arm` lists. Raises ValuesError, or UnseenError."""
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
    """Return the differences, each with the command that fixes it."""
    lines = Text()
    for each in difference.missing:
        lines.append("✗ ", "bold red").append(f"missing: {_in_words(each)}\n{_mend(each)}")
    if difference.missing:
        lines.append(f"  to add all missing assignments, deploy again: {DEPLOY_AGAIN}\n")
    for each in difference.beside:
        lines.append("! ", "bold yellow").append(f"not in the policy: {_in_words(each)}\n")
        lines.append(_mend(each))
    if difference.beside:
        lines.append(f"  {_MAY_BE_INTENDED}\n")
    if not (difference.missing or difference.beside):
        lines.append("✓ ", "green").append(
            "the environment has exactly the policy's role assignments\n"
        )
    if difference.absent:
        lines.append(f"  absent, so not compared: {', '.join(difference.absent)}\n")
    return lines


def _in_words(each: Granted) -> str:
    why = f": {each.why}" if each.why else ""
    return f"{each.who}'s {each.role} on {short_scope(each.scope)}{why}"


def _mend(each: Granted) -> str:
    return f"    {each.mend}\n" if each.mend else ""
