"""The map: every right is an edge, lit while it is used, and a denial is a red one."""

from dataclasses import replace

import pytest

from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment, as_compiled, standing_assignments
from sandbox.page.picture import LIT, RED, Identity, Picture, identities, picture
from sandbox.rbac import Assignments


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return as_compiled()


@pytest.fixture(scope="module")
def found(deployment: Deployment) -> tuple[Identity, ...]:
    standing = standing_assignments(deployment)
    assigned = Assignments(deployment.assignments, deployment.custom_roles, standing=standing)
    return identities(deployment, assigned)


def record(of: Identity, **changes: str) -> Record:
    right = of.rights[0]
    known = Record(
        "", "blob", Outcome.ALLOWED, "", identity=of.name, scope=right.scope, assignment=right.id
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def states(drawn: Picture) -> list[str]:
    return sorted(each.state for each in drawn.edges if each.state != "still")


def test_each_identity_is_shown_with_all_its_rights(
    deployment: Deployment, found: tuple[Identity, ...]
) -> None:
    rights = [right.id for each in found for right in each.rights]
    standing = [each.id for each in standing_assignments(deployment)]
    assert sorted(rights) == sorted([*(each.id for each in deployment.assignments), *standing])
    kinds = {each.name: (each.kind, each.generation) for each in found}
    assert kinds["gateway"] == ("user-assigned", 1)
    assert kinds["notifier"] == ("system-assigned", 1)
    assert kinds["deployer"] == ("user", 1)


def test_every_right_is_an_edge_between_two_boxes(found: tuple[Identity, ...]) -> None:
    drawn = picture(found, ())
    pairs = {(each.name, right.scope.lower()) for each in found for right in each.rights}
    assert len(drawn.edges) == len(pairs)
    assert len(drawn.resources) == len({scope for _, scope in pairs})
    assert {each.state for each in drawn.edges} == {"still"}


def test_an_edge_is_lit_for_some_seconds_after_its_use(found: tuple[Identity, ...]) -> None:
    gateway = next(each for each in found if each.name == "gateway")
    assert states(picture(found, [(LIT, record(gateway))])) == ["used"]
    assert states(picture(found, [(LIT + 1, record(gateway))])) == []


def test_a_denial_is_a_red_edge_also_to_a_resource_without_any_right(
    found: tuple[Identity, ...],
) -> None:
    gateway = next(each for each in found if each.name == "gateway")
    denied = record(gateway, outcome=Outcome.DENIED, scope="/subscriptions/x/containers/nobodys")
    drawn = picture(found, [(RED, denied)])
    assert states(drawn) == ["absent"]
    assert "containers/nobodys" in [each.label for each in drawn.resources]
    assert states(picture(found, [(RED + 1, denied)])) == []


def test_the_picture_of_one_identity_has_its_edges_alone(found: tuple[Identity, ...]) -> None:
    catalog = next(each for each in found if each.name == "catalog")
    drawn = picture(found, [(0, record(found[0]))], "catalog")
    assert [each.label for each in drawn.identities] == ["catalog"]
    assert len(drawn.edges) == len({each.scope for each in catalog.rights})
    assert states(drawn) == []


def test_an_identity_says_which_code_of_an_app_gets_its_token(found: tuple[Identity, ...]) -> None:
    attached = {each.name: each.attached_to for each in found}
    assert "gateway (no code gets a token)" in attached["platform"]
    assert attached["gateway"] == ("gateway (main containers)",)
