"""The plan agrees with the Bicep CLI: each resource of the committed snapshot, unchanged."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.rehearsal.arm import Target, plan_of
from infra.rehearsal.files import read_parameters, read_template
from infra.rehearsal.plan import DEPLOYMENT, ROLE_ASSIGNMENT, Plan, Step
from infra.rehearsal.values import Unknown
from tests.infra.bicep import FOLDER, committed, needs_bicep

pytestmark = [needs_bicep, pytest.mark.timeout(300)]  # a compiler on a busy machine


@pytest.fixture(scope="module")
def plan() -> Plan:
    template = read_template(FOLDER / "main.bicep").content
    parameters = read_parameters(FOLDER / "sandbox.bicepparam")
    return plan_of(template, parameters, Target(deployment="sandbox"))


def made(plan: Plan) -> list[Step]:
    return [each for each in plan.steps if not each.existing and not each.is_a(DEPLOYMENT)]


def key_of(step: Step) -> tuple[str, ...]:
    """Return a resource's key: its id; for an assignment, scope, principal and reason."""
    if isinstance(step.name, Unknown):
        given = step.properties
        return step.scope, given["principalId"].of, given["description"]
    return (step.id,)


def key_in(predicted: Mapping[str, Any]) -> tuple[str, ...]:
    # A name that only a deployment knows makes the id a call, whose first argument is the scope.
    if predicted["id"].startswith("["):
        given = predicted["properties"]
        return (
            predicted["id"].split("'")[1],
            given["principalId"].split("'")[1],
            given["description"],
        )
    return (predicted["id"],)


def differences(mine: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The places where two values differ; an unknown value here is an expression there."""
    if isinstance(mine, Unknown):
        if not str(theirs).startswith("["):
            yield path, mine.expression, theirs
    elif isinstance(mine, dict) and isinstance(theirs, dict):
        for key in mine.keys() | theirs.keys():
            yield from differences(mine.get(key), theirs.get(key), f"{path}/{key}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif mine != theirs or type(mine) is not type(theirs):
        yield path, mine, theirs


def test_every_resource_is_planned_as_it_is_predicted(plan: Plan) -> None:
    predicted = {key_in(each): each for each in committed()["predictedResources"]}
    planned = {key_of(each): each for each in made(plan)}
    assert planned.keys() == predicted.keys()
    assert len(planned) == len(made(plan))
    found: list[tuple[str, Any, Any]] = []
    for key, step in planned.items():
        theirs = {k: v for k, v in predicted[key].items() if k not in {"id", "name", "type"}}
        assert (theirs.pop("apiVersion"), predicted[key]["type"]) == (step.api_version, step.type)
        # The snapshot has no etag.
        mine = {k: v for k, v in step.body.items() if k != "etag"}
        if step.location is not None:
            mine["location"] = step.location
        found += differences(mine, theirs, step.key)
    assert found == []


def test_every_principal_comes_from_an_identity_an_app_or_a_person(plan: Plan) -> None:
    kinds = {plan.principal(each).kind for each in plan.of_type(ROLE_ASSIGNMENT)}
    assert kinds == {"user-assigned", "system-assigned", "given"}
    assert plan.not_understood == []
