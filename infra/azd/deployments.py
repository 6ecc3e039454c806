"""The resources of the last deployment of this azd environment."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.azd.tools import Stop, az

_SHORT = (
    "[].{name: name, tags: tags, state: properties.provisioningState, at: properties.timestamp}"
)
_AGAIN = "Run azd provision until it succeeds, then retry."


def deployed(environment: str, group: str, name: str | None = None) -> Sequence[str]:
    """Return the ids of the last deployment's resources; the default is azd's last.

    Raises Stop if there is none, or if it did not succeed.
    """
    # An attendee of a workshop may not read the subscription, so it comes last.
    for scope in (("group", "--resource-group", group), ("sub",)):
        name_here = name if name and _has(name, scope) else _last(environment, scope)
        if name_here:
            return _ids(name_here, scope)
    raise Stop(f"no deployment of the environment '{environment}' was found. {_AGAIN}")


def newest(listed: Sequence[Mapping[str, Any]], environment: str) -> Mapping[str, Any] | None:
    """Return azd's newest deployment of the environment; modules have no tag and do not count."""
    ours = [each for each in listed if (each["tags"] or {}).get("azd-env-name") == environment]
    return max(ours, key=lambda each: str(each["at"]), default=None)


def _last(environment: str, scope: Sequence[str]) -> str | None:
    kind, *where = scope
    found = newest(az("deployment", kind, "list", *where, "--query", _SHORT), environment)
    if found is not None and found["state"] != "Succeeded":
        raise Stop(f"the last deployment, {found['name']}, is {found['state']}. {_AGAIN}")
    return None if found is None else str(found["name"])


def _has(name: str, scope: Sequence[str]) -> bool:
    kind, *where = scope
    return name in az("deployment", kind, "list", *where, "--query", "[].name")


def _ids(name: str, scope: Sequence[str]) -> Sequence[str]:
    kind, *where = scope
    ids = "properties.outputResources[].id"
    found: Sequence[str] = az("deployment", kind, "show", "--name", name, *where, "--query", ids)
    return found or ()
