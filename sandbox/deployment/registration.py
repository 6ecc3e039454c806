"""The app registration of the catalog's API, as infra/entra/catalog.json declares it.

Bicep cannot express it offline, so it has a file of its own, which infra/entra/register.py reads.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.state import PROJECT

REGISTRATION = PROJECT / "infra" / "entra" / "catalog.json"
NONE = "none"


class RegistrationError(ValueError):
    """A registration that the sandbox does not support."""


@dataclass(frozen=True)
class Registration:
    """An API for which Entra issues tokens of version 2.

    `uris` are its other names; `roles` are the holders of its app roles, by principal id; `scope`
    may be requested by `clients`, by their ids, in a user's name without the user's consent.
    """

    app_id: str
    uris: tuple[str, ...]
    roles: Mapping[str, tuple[str, ...]]
    scope: str
    clients: tuple[str, ...]

    def goes_by(self, resource: str) -> bool:
        """Return whether `resource`, as a request names it, is this API."""
        return resource in {self.app_id, *self.uris}


def registration(
    app_id: str, ids: Mapping[str, str], path: Path = REGISTRATION
) -> Registration | None:
    """Return the registration of `app_id`, or None for `none`. `ids` are principals by name.

    Raises RegistrationError if the file at `path` is not understood.
    """
    if app_id == NONE:
        return None
    try:
        return _parse(json.loads(path.read_text("utf-8")), app_id, ids)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RegistrationError(f"{path} declares no registration: {error}") from error


def _parse(declared: Mapping[str, Any], app_id: str, ids: Mapping[str, str]) -> Registration:
    application = declared["application"]
    api = application["api"]
    if api["requestedAccessTokenVersion"] != 2:
        raise ValueError("requestedAccessTokenVersion is not 2, the version that the catalog takes")
    if declared["servicePrincipal"]["appRoleAssignmentRequired"]:
        raise ValueError("appRoleAssignmentRequired is true, which the sandbox does not know")
    (scope,) = api["oauth2PermissionScopes"]
    known = {each["value"] for each in application["appRoles"]}
    if declared["heldBy"].keys() - known:
        raise ValueError(f"heldBy names a role that is none of {', '.join(sorted(known))}")
    return Registration(
        app_id=app_id,
        uris=tuple(each.replace("{appId}", app_id) for each in application["identifierUris"]),
        roles=_held(declared["heldBy"], ids),
        scope=scope["value"],
        clients=tuple(each["appId"] for each in api["preAuthorizedApplications"]),
    )


def _held(held_by: Mapping[str, list[str]], ids: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the app roles of the deployed principals."""
    holders = {name for names in held_by.values() for name in names} & ids.keys()
    return {
        ids[name]: tuple(role for role, names in held_by.items() if name in names)
        for name in holders
    }
