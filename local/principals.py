"""Who of the policy is there, in a deployed environment."""

import re
from collections.abc import Mapping

from local.arm import ResourceManager
from local.rights import Environment


def principals(
    arm: ResourceManager, environment: Environment, users: Mapping[str, str]
) -> dict[str, str]:
    """Their object ids by name: of managed identities as Azure has them, and of `users`.

    Raises UnseenError.
    """
    providers = f"{environment.group_id}/providers"
    ids = {name: object_id for name, object_id in users.items() if object_id}
    identities = f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities"
    for each in arm.listed(identities, "2023-01-31"):
        if named := re.fullmatch(f"id-(.+)-{re.escape(environment.name)}", each["name"]):
            ids[named[1]] = each["properties"]["principalId"]
    for app in arm.listed(f"{providers}/Microsoft.App/containerApps", "2025-01-01"):
        if principal := app.get("identity", {}).get("principalId"):
            ids.setdefault(app["name"], principal)  # one that has its own may have both
    return {name: object_id.lower() for name, object_id in ids.items()}
