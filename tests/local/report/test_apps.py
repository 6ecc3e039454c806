"""The apps and their revisions, by Azure's documented answers."""

from typing import Any

import pytest

from local.report import apps
from local.report.control_plane import ControlPlane, UnseenError
from tests.local.report import world
from tests.local.report.azure import AzureCli
from tests.local.report.world import APPS


def shown(az: AzureCli, azure: ControlPlane, *found: Any) -> list[apps.App]:
    az.tell(world.apps_of(*found))
    return apps.apps(azure)


def test_each_revision_is_described_by_its_states(az: AzureCli, azure: ControlPlane) -> None:
    old, new = world.revision("gateway", 1, "08:10"), world.revision("gateway", 2, "08:30")
    found = shown(az, azure, (world.app("gateway"), [new, old]))
    first, second = apps.revisions(found)
    assert (first.app, first.number, first.own_image, first.active) == ("gateway", 1, False, False)
    assert (second.number, second.own_image, second.active, second.replicas) == (2, True, True, 1)
    states = (second.provisioning, second.running, second.health)
    assert states == ("Provisioned", "Running", "Healthy")


@pytest.mark.parametrize("state", ["Failed", "ActivationFailed", "Degraded", "ScaledToZero"])
def test_every_state_of_a_failed_revision_is_described(
    az: AzureCli, azure: ControlPlane, state: str
) -> None:
    details = "Deployment Progress Deadline Exceeded. 0/1 replicas ready." + world.SECRETS
    given = {"runningState": state, "runningStateDetails": details, "healthState": "Unhealthy"}
    stuck = world.revision("notifier", 2, "08:30", **given)
    (found,) = apps.revisions(shown(az, azure, (world.app("notifier"), [stuck])))
    assert (found.running, found.health) == (state, "Unhealthy")
    assert found.said.startswith("Deployment Progress Deadline Exceeded. 0/1 replicas ready.")
    assert not any(each in found.said for each in world.PLANTED)


def test_a_state_that_no_page_names_does_not_leave(az: AzureCli, azure: ControlPlane) -> None:
    odd = world.revision("gateway", 2, "08:30", runningState="JaneDoe", healthState=None)
    (found,) = apps.revisions(shown(az, azure, (world.app("gateway"), [odd])))
    assert (found.running, found.health) == ("another", "")


def test_of_many_revisions_the_last_are_shown(az: AzureCli, azure: ControlPlane) -> None:
    many = [world.revision("gateway", each, f"{each:02}:00") for each in range(1, 10)]
    found = apps.revisions(shown(az, azure, (world.app("gateway"), many)))
    assert [each.number for each in found] == [5, 6, 7, 8, 9]


def test_an_app_that_the_template_does_not_name_is_no_business_of_ours(
    az: AzureCli, azure: ControlPlane
) -> None:
    az.tell({APPS: world.page(world.app("jane-s-own"))})
    assert apps.apps(azure) == []


def test_an_identity_is_the_app_s_own_by_its_name_or_by_the_system(
    az: AzureCli, azure: ControlPlane
) -> None:
    system = world.PERSON.upper()
    found = shown(az, azure, (world.app("gateway"), []), (world.app("notifier", system=system), []))
    assert [each.principals for each in found] == [
        frozenset({world.principal("gateway")}),
        frozenset({world.PERSON}),
    ]


def test_where_the_group_is_not_to_be_seen_it_says_why(az: AzureCli, azure: ControlPlane) -> None:
    az.tell({APPS: "AuthorizationFailed"})
    with pytest.raises(UnseenError) as raised:
        apps.apps(azure)
    assert raised.value.why == "AuthorizationFailed"
