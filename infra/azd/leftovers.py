"""Removal of role assignments whose rows have left the Bicep."""

import os
import time
from collections.abc import Callable, Iterator, Mapping

from infra.azd.assignments import Assignment, UnclearError, Verdict, judge
from infra.azd.deployments import deployed
from infra.azd.tools import Stop, az, value_of

# `keep` is for deployment stacks, which delete leftovers themselves.
CHOICES = ("remove", "list", "keep")

_PROVISION = "run azd provision first."
_ATTEMPTS = 12  # ten seconds apart: a new assignment may be listed late


def remove_leftovers(
    name: str | None = None,
    *,
    only_list: bool = False,
    env: Mapping[str, str] = os.environ,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Delete and print access.bicep's former grants; print those of others.

    Raises Stop if the assignments to delete are unclear, or if Azure refuses.
    """
    chosen = "list" if only_list else env.get("ROLE_LEFTOVERS") or "remove"
    if chosen not in CHOICES:
        raise Stop(f"ROLE_LEFTOVERS is '{chosen}': it must be one of {', '.join(CHOICES)}.")
    if chosen == "keep":
        return
    verdict = _verdict(name, env, pause)
    for each in verdict.of_others:
        print(f"  kept, not from this deployment: {each}")
    for each in verdict.leftovers:
        print(f"  {'removed' if chosen == 'remove' else 'left over'}: {each}")
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
    for attempt in range(_ATTEMPTS, 0, -1):
        try:
            return judge(listed(scope), ids, scope)
        except UnclearError as error:
            if attempt == 1:
                raise Stop(
                    f"Nothing was removed, since it is unclear what to remove: {error}"
                ) from error
            pause(10)
    raise AssertionError("the last attempt returns or raises")


def listed(scope: str) -> Iterator[Assignment]:
    """Yield every role assignment at, above and below a scope.

    `az role assignment list` lists the whole subscription, or one scope without those below.
    """
    url = f"{scope}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
    while url:
        page = az("rest", "--method", "get", "--url", url)
        yield from map(Assignment.from_json, page["value"])
        url = page.get("nextLink") or ""
