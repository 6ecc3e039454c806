"""Prepare a resource group for each attendee; a second run changes nothing.

The providers and the three custom roles are shared. Each attendee gets a group, and the two
deployer roles on it (infra/bicep/deployer.bicep).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.azure_cli import AzureCliError
from infra.workshop import subscription as host
from infra.workshop.attendees import Attendee
from infra.workshop.steps import Steps
from infra.workshop.subscription import Workshop

_BICEP = Path(__file__).resolve().parents[1] / "bicep"
# The outputs of roles.bicep, by their names in deployer.bicep.
_ROLES = {
    "depositor": "CUSTOM_ROLE_DEPOSITOR",
    "keeper": "CUSTOM_ROLE_KEEPER",
    "keySetter": "CUSTOM_ROLE_KEY_SETTER",
}
Roles = Mapping[str, str]


def make(
    workshop: Workshop, attendees: Sequence[Attendee], locations: Sequence[str], steps: Steps
) -> Mapping[Attendee, Mapping[str, str]]:
    """Prepare a group for each attendee; return the azd values of each.

    Attendees are spread over the locations in turn. Raises AzureCliError if the subscription is
    unreadable.
    """
    there = host.groups(workshop.subscription)
    places = {
        each: (there.get(each.group) or {}).get("location") or locations[number % len(locations)]
        for number, each in enumerate(attendees)
    }
    _warn_of_quotas(
        [places[each] for each in attendees if each.group not in there], workshop.subscription
    )
    for provider in host.unregistered(workshop.subscription):
        steps.take(f"register {provider}", "provider", "register", "--namespace", provider)
    roles = _make_roles(workshop, locations[0], steps)
    ready = [
        each
        for each in attendees
        if _make_group(each, places[each], workshop, there, steps)
        and _let_deploy(each, roles, steps)
    ]
    return {each: _environment(each, places[each], workshop, roles) for each in ready}


def _warn_of_quotas(places: Sequence[str], subscription: str) -> None:
    for place in sorted(set(places)):
        room, needed = host.room_for_environments(place, subscription), places.count(place)
        if room is not None and room < needed:
            print(
                f"  ! {place} allows {room} more Container Apps environments, but {needed} are "
                "needed: raise the quota, or name more than one --location "
                "(docs/who-may-deploy.md)."
            )


def _make_roles(workshop: Workshop, location: str, steps: Steps) -> Roles:
    """Create the custom roles; return their GUIDs, or placeholders without `--do`."""
    made = steps.take(
        f"make the three custom roles of {workshop.suffix}",
        *("deployment", "sub", "create", "--name", f"keyless-roles-{workshop.suffix}"),
        *("--location", location, "--template-file", str(_BICEP / "roles.bicep")),
        *("--parameters", f"suffix={workshop.suffix}"),
    )
    outputs: Mapping[str, Any] = ((made or {}).get("properties") or {}).get("outputs") or {}
    return {
        role: str(outputs[name]["value"]) if name in outputs else f"<{name}>"
        for role, name in _ROLES.items()
    }


def _make_group(
    attendee: Attendee,
    location: str,
    workshop: Workshop,
    there: Mapping[str, Mapping[str, Any]],
    steps: Steps,
) -> bool:
    """Create an attendee's group unless it exists; return whether the attendee may use it."""
    found = there.get(attendee.group)
    if found is None:
        command = ("group", "create", "--name", attendee.group, "--location", location)
        made = steps.take(f"make {attendee.group}", *command, "--tags", workshop.tag)
        return made is not None or not steps.do
    if host.is_of(workshop, found):
        print(f"  {attendee.group} exists")
        return True
    reason = AzureCliError(f"the group exists without the tag {workshop.tag}: it is not ours")
    return steps.fail(f"make {attendee.group}", reason)


def _let_deploy(attendee: Attendee, roles: Roles, steps: Steps) -> bool:
    """Assign an attendee the two roles; return whether the attendee has them."""
    sentence = f"let {attendee.user} deploy into {attendee.group}"
    if steps.do and any(each.startswith("<") for each in roles.values()):
        return steps.fail(sentence, AzureCliError("the custom roles do not exist"))
    try:
        principal = host.object_id(attendee.user)
    except AzureCliError as error:
        return steps.fail(sentence, error)
    done = steps.take(
        sentence,
        *("deployment", "group", "create", "--name", "keyless-deployer"),
        *("--resource-group", attendee.group, "--template-file", str(_BICEP / "deployer.bicep")),
        *("--parameters", f"principalId={principal}", "principalType=User"),
        f"custom={json.dumps(roles)}",
    )
    return done is not None or not steps.do


def _environment(
    attendee: Attendee, location: str, workshop: Workshop, roles: Roles
) -> Mapping[str, str]:
    return {
        "AZURE_SUBSCRIPTION_ID": workshop.subscription,
        "AZURE_LOCATION": location,
        "AZURE_RESOURCE_GROUP": attendee.group,
        **{_ROLES[role]: guid for role, guid in roles.items()},
        "CATALOG_AUDIENCE": "none",
    }
