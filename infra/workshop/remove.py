"""Remove the workshop's groups, with everything that the attendees deployed.

Groups without the workshop's tag are left alone. The custom roles are deleted after the workshop's
last group, since other attendees' assignments name them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra import remains
from infra.azure_cli import AzureCliError, ask
from infra.workshop import subscription as host
from infra.workshop.attendees import Attendee
from infra.workshop.steps import Steps
from infra.workshop.subscription import Workshop


def remove(
    workshop: Workshop,
    attendees: Sequence[Attendee],
    steps: Steps,
    pause: Callable[[float], None],
) -> None:
    """Delete each attendee's group, purge its vault, and delete the roles after the last group.

    Raises AzureCliError if the subscription is unreadable.
    """
    there = host.groups(workshop.subscription)
    ours = [each for each in attendees if _is_ours(each, workshop, there, steps)]
    present = [each.group for each in ours if each.group in there]
    vaults = {vault for group in present for vault in _vaults(group, workshop.subscription)}
    _delete(present, steps)
    gone = {each.group for each in ours} - _still_there(workshop.subscription, steps)
    _purge(gone, vaults, workshop.subscription, steps)
    others = [
        name
        for name, group in host.groups(workshop.subscription).items()
        if host.is_of(workshop, group) and (steps.do or name not in present)
    ]
    if others:
        print(f"  the custom roles stay, for {', '.join(sorted(others))}")
    else:
        _delete_roles(workshop, steps, pause)


def _is_ours(
    attendee: Attendee,
    workshop: Workshop,
    there: Mapping[str, Mapping[str, Any]],
    steps: Steps,
) -> bool:
    found = there.get(attendee.group)
    if found is None:
        print(f"  {attendee.group} does not exist")
        return True
    if host.is_of(workshop, found):
        return True
    reason = AzureCliError(f"it has no tag {workshop.tag}, so it is not ours")
    return steps.fail(f"delete {attendee.group}", reason)


def _delete(groups: Sequence[str], steps: Steps) -> None:
    """Start all deletions, then wait for each: one takes ten minutes, and so do twenty."""
    begun = [
        each
        for each in groups
        if steps.take(
            f"delete {each} and its resources",
            *("group", "delete", "--name", each, "--yes", "--no-wait"),
        )
        is not None
    ]
    for each in begun if steps.do else groups:
        steps.take(f"wait until {each} is deleted", "group", "wait", "--name", each, "--deleted")


def _still_there(subscription: str, steps: Steps) -> set[str]:
    """Return the remaining groups; without `--do`, as if all were deleted."""
    return set(host.groups(subscription)) if steps.do else set()


def _vaults(group: str, subscription: str) -> Sequence[str]:
    query = ("--query", "[].name")
    command = ("keyvault", "list", "--resource-group", group, "--resource-type", "vault")
    return [str(each) for each in ask(*command, *query, subscription=subscription) or ()]


def _purge(gone: set[str], vaults: set[str], subscription: str, steps: Steps) -> None:
    """Purge the vaults of deleted groups: otherwise their names stay taken."""
    deleted = ask("keyvault", "list-deleted", "--resource-type", "vault", subscription=subscription)
    found = {name for group in gone for name in remains.vaults_of(deleted or (), group)}
    for each in sorted(found if steps.do else found | vaults):
        steps.take(f"purge the vault {each}", "keyvault", "purge", "--name", each)


def _delete_roles(workshop: Workshop, steps: Steps, pause: Callable[[float], None]) -> None:
    command = ("role", "definition", "list", "--custom-role-only")
    found = ask(*command, subscription=workshop.subscription)
    for name in remains.roles_of(found or (), re.escape(workshop.suffix)):
        print(f"  delete the custom role '{name}'")
        if not steps.do:
            continue
        try:
            remains.delete_role(name, workshop.subscription, pause)
        except AzureCliError as error:
            steps.fail(f"delete the custom role '{name}'", error)
