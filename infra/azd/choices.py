"""The choices of an azd environment, which `azd down` would forget.

After it has deleted, azd takes every output of the template out of its environment
(cli/azd/pkg/infra/provisioning/manager.go in Azure/azure-dev), and some outputs are what somebody
chose. Without CATALOG_AUDIENCE the template does not even compile: a second `azd down` stopped.
"""

import os
from collections.abc import Mapping

from infra.azd.programs import remember

AUDIENCE = "CATALOG_AUDIENCE"
OFF = "none"
# It compiles, and is no application: `azd up` registers one in its place.
NO_APPLICATION = "00000000-0000-0000-0000-000000000000"
_OPERATOR = "OPERATOR_PRINCIPAL_ID"
_GROUP = "AZURE_RESOURCE_GROUP"


def keep_choices(env: Mapping[str, str] = os.environ) -> None:
    """Put each choice aside, under a name that is no output, and let the template compile."""
    for name in _names(env):
        _set(_kept(name), _chosen(name, env), env)
    if not env.get(AUDIENCE, "").strip():
        remember(AUDIENCE, NO_APPLICATION)


def restore_choices(env: Mapping[str, str] = os.environ, *, is_deleted: bool) -> None:
    """Put each choice back. A registration goes with the deployment, and its id with it."""
    audience = audience_of(env)
    _set(AUDIENCE, "" if is_deleted and audience != OFF else audience, env)
    for name in _names(env):
        if name != AUDIENCE and (chosen := env.get(_kept(name))):
            _set(name, chosen, env)
        _set(_kept(name), "", env)


def audience_of(env: Mapping[str, str]) -> str:
    """Return the catalog's audience, also after azd has forgotten it; nothing for none yet."""
    found = env.get(_kept(AUDIENCE)) or env.get(AUDIENCE, "")
    return "" if found == NO_APPLICATION else found


def group_of(env: Mapping[str, str]) -> str:
    """Return the resource group, also before a deployment has named it and after it has gone."""
    known = env.get(_GROUP) or env.get(_kept(_GROUP))
    return known or f"rg-keyless-{env.get('AZURE_ENV_NAME', '')}"


def _names(env: Mapping[str, str]) -> tuple[str, ...]:
    # In a workshop the group is the attendee's choice; elsewhere the deployment names it.
    group = (_GROUP,) if "CUSTOM_ROLE_DEPOSITOR" in env else ()
    return (AUDIENCE, "DEVELOPER_PRINCIPAL_ID", _OPERATOR, *group)


def _chosen(name: str, env: Mapping[str, str]) -> str:
    # The output is empty where nobody is the operator; without any, it would be whoever deploys.
    return env.get(name, "") or (OFF if name == _OPERATOR and name in env else "")


def _set(name: str, value: str, env: Mapping[str, str]) -> None:
    if env.get(name, "") != value:
        remember(name, value)


def _kept(name: str) -> str:
    return f"KEPT_{name}"
