"""An edge of our template that matters cannot be removed without a finding."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from infra.rehearsal.arm import plan_of
from infra.rehearsal.files import read_template
from infra.rehearsal.plan import Edge, Plan
from infra.rehearsal.scenarios import SCENARIOS
from tests.infra.bicep import FOLDER, needs_bicep
from tests.infra.rehearsal.edges import each_removed

# Two runs of the compiler, and a judgement for each edge, on a busy machine.
pytestmark = [needs_bicep, pytest.mark.timeout(600)]

# An edge whose removal goes unnoticed, with the reason; three at most.
SURVIVORS: Mapping[str, str] = {}


@pytest.fixture(scope="module")
def templates() -> Mapping[str, Mapping[str, Any]]:
    return {name: read_template(FOLDER / f"{name}.bicep").content for name in ("main", "workshop")}


def planned(name: str, templates: Mapping[str, Mapping[str, Any]]) -> Plan:
    scenario = SCENARIOS[name]
    # The apps need their rights only where there are images of them.
    parameters = {**SCENARIOS["first-with-images"].parameters, **scenario.parameters}
    return plan_of(templates[scenario.template], parameters, strict=True)


@pytest.mark.parametrize("name", ["first-with-images", "no-apps", "workshop"])
def test_no_edge_that_matters_can_be_removed_unnoticed(
    name: str, templates: Mapping[str, Mapping[str, Any]]
) -> None:
    every = list(each_removed(planned(name, templates)))
    all_that_matter = [each for each in every if each.matters]
    survivors = {str(each) for each in all_that_matter if not each.caught}
    print(
        f"{name}: edges: {len(all_that_matter) - len(survivors)} caught of {len(all_that_matter)}"
    )
    print(f"  ({len(every) - len(all_that_matter)} more order nothing that others do not)")
    assert all_that_matter
    assert survivors <= SURVIVORS.keys()
    assert len(SURVIVORS) <= 3


def without(template: Mapping[str, Any], edge: Edge) -> Mapping[str, Any]:
    """The template, with the one entry of a dependsOn removed that makes an edge."""
    found: dict[str, Any] = copy.deepcopy(dict(template))
    inner = found
    *path, first = edge.first.split("/")
    for each in path:
        inner = inner["resources"][each]["properties"]["template"]
    then = edge.then.rpartition("/")[2].partition("[")[0]
    inner["resources"][then]["dependsOn"].remove(first.partition("[")[0])
    return found


def test_to_remove_an_edge_is_to_remove_its_dependency_from_the_template(
    templates: Mapping[str, Mapping[str, Any]],
) -> None:
    scenario = SCENARIOS["first-with-images"]
    whole = planned(scenario.name, templates)
    tried = 0
    for edge in whole.edges:
        # Where a resource has no symbol, an entry is an expression, and a reference stays one.
        if edge.because != "dependsOn" or ":" in edge.then.replace("::", ""):
            continue
        mutant = plan_of(without(templates["main"], edge), scenario.parameters, strict=True)
        left = {(each.first, each.then) for each in mutant.edges}
        removed = {(each.first, each.then) for each in whole.edges} - left
        assert (edge.first, edge.then) in removed
        # A loop waits as a whole.
        assert {then.partition("[")[0] for _, then in removed} == {edge.then.partition("[")[0]}
        tried += 1
    assert tried > 15
