"""The user's choices in an azd environment, which `azd down` would lose.

After deleting, azd removes every output of the template from its environment
(cli/azd/pkg/infra/provisioning/manager.go in Azure/azure-dev), and some outputs are the user's
choices. Without CATALOG_AUDIENCE the template does not compile, so a second `azd down` would fail.
"""

import os
from collections.abc import Mapping

from infra.azd.tools import remember

AUDIENCE = "CATALOG_AUDIENCE"
OFF = "none"
# A valid id of no application: `azd up` replaces it with a registered one.
NO_APPLICATION = "00000000-0000-0000-0000-000000000000"
_OPERATOR = "OPERATOR_PRINCIPAL_ID"
_GROUP = "AZURE_RESOURCE_GROUP"


def keep_choices(env: Mapping[str, str] = os.environ) -> None:
    """Store each choice under a name that is no output, and keep the template compilable."""
    for name in _names(env):
        _set(_kept(name), _chosen(name, env), env)
    if not env.get(AUDIENCE, "").strip():
        remember(AUDIENCE, NO_APPLICATION)


def restore_choices(env: Mapping[str, str] = os.environ, *, is_deleted: bool) -> None:
    """Restore each choice, except the id of a registration that was deleted with the deployment."""
    audience = audience_of(env)
    _set(AUDIENCE, "" if is_deleted and audience != OFF else audience, env)
    for name in _names(env):
        if name != AUDIENCE and (chosen := env.get(_kept(name))):
            _set(name, chosen, env)
        _set(_kept(name), "", env)


def audience_of(env: Mapping[str, str]) -> str:
    """Return the catalog's audience, also after azd has removed it; empty without one."""
    found = env.get(_kept(AUDIENCE)) or env.get(AUDIENCE, "")
    return "" if found == NO_APPLICATION else found


def group_of(env: Mapping[str, str]) -> str:
    """Return the resource group, also before a deployment and after its deletion."""
    known = env.get(_GROUP) or env.get(_kept(_GROUP))
    return known or f"rg-keyless-{env.get('AZURE_ENV_NAME', '')}"


def _names(env: Mapping[str, str]) -> tuple[str, ...]:
    # In a workshop the group is given; elsewhere the deployment names it.
    group = (_GROUP,) if "CUSTOM_ROLE_DEPOSITOR" in env else ()
    return (AUDIENCE, "DEVELOPER_PRINCIPAL_ID", _OPERATOR, *group)


def _chosen(name: str, env: Mapping[str, str]) -> str:
    # The output is empty for no operator; without it, the deployer would become the operator.
    return env.get(name, "") or (OFF if name == _OPERATOR and name in env else "")


def _set(name: str, value: str, env: Mapping[str, str]) -> None:
    if env.get(name, "") != value:
        remember(name, value)


def _kept(name: str) -> str:
    return f"KEPT_{name}"
