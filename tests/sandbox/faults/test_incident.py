"""An incident is the same for everybody, and sensible."""

from collections import Counter
from dataclasses import replace

import pytest

from sandbox.deployment import Deployment
from sandbox.faults import FaultError, Planned, incident


def in_words(planned: Planned) -> str:
    on = planned.target.name if planned.target else "everyone"
    return f"{planned.after:g}+{planned.lasts:g} {planned.fault.name} on {on}"


def test_seed_7_is_the_same_on_every_machine(deployment: Deployment) -> None:
    assert [in_words(each) for each in incident("7", 3, deployment)] == [
        "20+14 partner-503 on everyone",
        "28+25 bus-gone on everyone",
        "57+35 bus-busy on catalog",
    ]


def test_another_seed_is_another_incident(deployment: Deployment) -> None:
    found = {tuple(map(in_words, incident(str(seed), 3, deployment))) for seed in range(50)}
    assert len(found) == 50


def test_an_incident_is_felt_by_services_that_already_run(deployment: Deployment) -> None:
    planned = [each for seed in range(30) for each in incident(str(seed), 20, deployment)]
    assert all(each.fault.felt for each in planned)
    kinds = Counter(each.fault.name for each in planned)
    assert len(kinds) == 13


def test_a_target_has_a_role_on_the_plane(deployment: Deployment) -> None:
    planned = [each for seed in range(30) for each in incident(str(seed), 20, deployment)]
    named = {(each.fault.plane, each.target.name) for each in planned if each.target}
    storage = {("blob", each) for each in ("catalog", "gateway", "thumbnailer")}
    bus = {("bus", each) for each in ("catalog", "gateway", "notifier", "thumbnailer")}
    assert named == storage | bus


def test_a_deployment_without_apps_has_incidents_for_everyone(deployment: Deployment) -> None:
    planned = incident("7", 20, replace(deployment, apps=()))
    assert {each.target for each in planned} == {None}


@pytest.mark.parametrize("count", [0, -1, 21])
def test_an_incident_has_one_to_twenty_faults(deployment: Deployment, count: int) -> None:
    with pytest.raises(FaultError, match="1 to 20 faults"):
        incident("7", count, deployment)
