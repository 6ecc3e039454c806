"""What has left the Bicep leaves Azure: role assignments that are no longer meant."""

import os
import time
from collections.abc import Callable, Iterator, Mapping

from infra.azd.assignments import Assignment, UnclearError, Verdict, judge
from infra.azd.deployments import deployed
from infra.azd.programs import Stop, az, value_of

# A deployment stack does the same by itself, so whoever deploys by one keeps this from it.
CHOICES = ("remove", "list", "keep")

_PROVISION = "run azd provision first."
_PATIENCE = 12  # times ten seconds: a new assignment may be listed late


def remove_leftovers(
    name: str | None = None,
    *,
    only_list: bool = False,
    env: Mapping[str, str] = os.environ,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Delete what access.bicep once granted and grants no more; print it, and what others granted.

    Raises Stop where it is not clear what to delete, or where Azure refuses.
    """
    chosen = "list" if only_list else env.get("ROLE_LEFTOVERS") or "remove"
    if chosen not in CHOICES:
        raise Stop(f"ROLE_LEFTOVERS is '{chosen}': it takes {', '.join(CHOICES)}.")
    if chosen == "keep":
        return
    verdict = _verdict(name, env, pause)
    for each in verdict.of_others:
        print(f"  not of this deployment, so it stays: {each}")
    for each in verdict.leftovers:
        print(f"  {'is taken away' if chosen == 'remove' else 'is left over'}: {each}")
        if chosen == "remove":
            az("role", "assignment", "delete", "--ids", each.id)
    if not verdict.leftovers:
        print("  every role assignment of this deployment is in access.bicep")


def _verdict(name: str | None, env: Mapping[str, str], pause: Callable[[float], None]) -> Verdict:
    group = value_of("AZURE_RESOURCE_GROUP", _PROVISION, env)
    environment = value_of("AZURE_ENV_NAME", _PROVISION, env)
    subscription = value_of("AZURE_SUBSCRIPTION_ID", _PROVISION, env)
    ids = deployed(environment, group, name)
    scope = f"/subscriptions/{subscription}/resourceGroups/{group}"
    for attempt in range(_PATIENCE, 0, -1):
        try:
            return judge(listed(scope), ids, scope)
        except UnclearError as error:
            if attempt == 1:
                raise Stop(
                    f"Nothing was taken away, since it is not clear what: {error}"
                ) from error
            pause(10)
    raise AssertionError("the last attempt returns or raises")


def listed(scope: str) -> Iterator[Assignment]:
    """Every role assignment at, above and below a scope.

    `az role assignment list` gives either the whole subscription or one scope without those below.
    """
    url = f"{scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
    while url:
        page = az("rest", "--method", "get", "--url", url)
        yield from map(Assignment.from_json, page["value"])
        url = page.get("nextLink") or ""
