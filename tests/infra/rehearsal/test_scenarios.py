"""Our own deployment, rehearsed in the situations that it meets."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from infra.rehearsal.plan import Finding, Severity
from infra.rehearsal.scenarios import SCENARIOS, Rehearsed, rehearse
from tests.infra.bicep import FOLDER, PROGRAM, needs_bicep

pytestmark = [needs_bicep, pytest.mark.timeout(300)]  # a compiler on a busy machine

Templates = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="session")
def templates() -> Templates:
    return {name: compiled(name) for name in ("main", "workshop", "deployer")}


def compiled(name: str) -> Mapping[str, Any]:
    done = subprocess.run(
        [str(PROGRAM), "build", str(FOLDER / f"{name}.bicep"), "--stdout"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def refused(found: Sequence[Finding]) -> Sequence[str]:
    return [f"{each.rule}: {each.what}" for each in found if each.severity is Severity.REFUSED]


@pytest.mark.parametrize("name", SCENARIOS)
def test_azure_refuses_nothing_that_is_not_expected(name: str, templates: Templates) -> None:
    played = rehearse(SCENARIOS[name], templates)
    assert refused(played.findings) == []
    assert not played.plan.not_understood
    assert played.unmet == frozenset()


def test_the_rights_of_identities_that_were_deleted_stay_behind(
    templates: Templates,
) -> None:
    played = rehearse(SCENARIOS["identities-recreated"], templates)
    left = {each.resource for each in played.expected}
    assert left
    assert {each.severity for each in played.expected} == {Severity.NOTED}
    # The new identities get every right again.
    again = {step.key for step in played.plan.steps}
    assert left <= again


def test_a_row_that_left_the_policy_stays_a_right(templates: Templates) -> None:
    played = rehearse(SCENARIOS["row-left"], templates)
    (left,) = played.expected
    assert left.severity is Severity.WARNED
    assert left.resource not in {step.key for step in played.plan.steps}


def test_what_the_apps_needed_stays_when_they_go(templates: Templates) -> None:
    played = rehearse(SCENARIOS["apps-go"], templates)
    assert of_rule(played, "rights-left")
    left = " ".join(of_rule(played, "resources-left"))
    assert all(name in left for name in ("gateway", "thumbnailer", "catalog", "notifier"))


def test_the_same_attendee_may_not_deploy_the_whole(templates: Templates) -> None:
    workshop, main = SCENARIOS["workshop"], SCENARIOS["first"]
    allowed = rehearse(workshop, templates)
    assert "deployer-may" not in {each.rule for each in allowed.findings}
    denied = rehearse(replace(main, world=workshop.world), templates)
    what = {each.what for each in denied.findings if each.rule == "deployer-may"}
    assert any("resourceGroups" in each for each in what)
    assert any("roleDefinitions" in each for each in what)


def test_an_attendee_may_give_the_roles_of_the_policy_and_no_other(
    templates: Templates,
) -> None:
    workshop = SCENARIOS["workshop"]
    other = {**workshop.parameters["custom"], "keeper": "0bad0bad-0000-4000-8000-000000000001"}
    changed = replace(workshop, parameters={**workshop.parameters, "custom": other})
    found = [each for each in rehearse(changed, templates).findings if each.rule == "deployer-may"]
    assert found
    assert all("roleAssignments" in each.what for each in found)


def test_a_vault_that_was_not_purged_keeps_its_name(templates: Templates) -> None:
    (kept,) = rehearse(SCENARIOS["up-after-down"], templates).expected
    assert kept.severity is Severity.REFUSED
    assert "kv-dev-" in kept.what
    purged = rehearse(SCENARIOS["up-after-purge"], templates)
    assert "deleted-twin" not in {each.rule for each in purged.findings}


def of_rule(played: Rehearsed, rule: str) -> Sequence[str]:
    return [each.what for each in played.expected if each.rule == rule]
