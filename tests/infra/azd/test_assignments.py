"""Which role assignments did this deployment make, and means no longer?"""

from typing import Any

import pytest

from infra.azd.assignments import Assignment, UnclearError, judge
from tests.infra.azd.recorded import (
    GATEWAY_ID,
    ORIGINALS,
    READER,
    SCOPE,
    SENDER,
    THUMBNAILER_ID,
    THUMBNAILS,
    UPLOADS,
    assignment,
)
from tests.infra.bicep import committed, of_type

KEPT = assignment(THUMBNAILS, GATEWAY_ID, READER, why="The gallery shows thumbnails.")
LEFT = assignment(ORIGINALS, GATEWAY_ID, READER, why="A row that was cut.")
BY_HAND = assignment(UPLOADS, GATEWAY_ID, SENDER, name="6e0b3b0e-37a7-4d5b-9f6f-0d9a4c1c7d11")


def read(*found: Any) -> list[Assignment]:
    return [Assignment.from_json(each) for each in found]


def ids(*found: Any) -> list[str]:
    return [each["id"] for each in found]


def test_one_that_was_deployed_stays_and_one_that_is_not_any_more_is_left_over() -> None:
    verdict = judge(read(KEPT, LEFT), ids(KEPT), SCOPE)
    assert [each.id for each in verdict.leftovers] == ids(LEFT)


def test_the_same_one_is_no_leftover_while_it_is_deployed() -> None:
    assert judge(read(KEPT, LEFT), ids(KEPT, LEFT), SCOPE).leftovers == []


def test_a_foreign_grant_is_printed_and_is_no_leftover() -> None:
    verdict = judge(read(KEPT, BY_HAND), ids(KEPT), SCOPE)
    assert verdict.leftovers == []
    assert [each.id for each in verdict.of_others] == ids(BY_HAND)


def test_one_named_by_scope_principal_and_role_alone_is_not_ours() -> None:
    # So do many templates; ours has a word of its own in the name.
    from sandbox.deployment.expressions import guid

    name = guid(ORIGINALS, THUMBNAILER_ID, READER)
    verdict = judge(
        read(KEPT, assignment(ORIGINALS, THUMBNAILER_ID, READER, name)), ids(KEPT), SCOPE
    )
    assert verdict.leftovers == []


@pytest.mark.parametrize("scope", [SCOPE.rpartition("/resourceGroups")[0], f"{SCOPE}-two"])
def test_above_the_group_and_beside_it_nothing_is_left_over(scope: str) -> None:
    elsewhere = assignment(scope, GATEWAY_ID, READER)
    verdict = judge(read(KEPT, elsewhere), ids(KEPT), SCOPE)
    assert (verdict.leftovers, verdict.of_others) == ([], [])
    inside = assignment(SCOPE, GATEWAY_ID, READER)
    assert judge(read(KEPT, inside), ids(KEPT), SCOPE).leftovers != []


def test_a_right_of_a_recreated_identity_is_left_over_with_the_old_identity() -> None:
    anew = assignment(THUMBNAILS, "00000000-0000-4000-8000-0000000000ff", READER)
    verdict = judge(read(KEPT, anew), ids(anew), SCOPE)
    assert [each.id for each in verdict.leftovers] == ids(KEPT)


def test_ids_are_compared_as_azure_does_without_regard_to_case() -> None:
    assert judge(read(KEPT), [KEPT["id"].upper()], SCOPE.upper()).leftovers == []


@pytest.mark.parametrize(
    ("found", "deployed", "sentence"),
    [
        ([LEFT], [], "names no role assignment"),
        ([LEFT], ids(KEPT), "does not list"),
        ([LEFT, BY_HAND], ids(BY_HAND), "not under access.bicep's name"),
    ],
    ids=["nothing deployed", "not listed yet", "names that cannot be worked out"],
)
def test_where_the_two_do_not_fit_nothing_is_decided(
    found: list[Any], deployed: list[str], sentence: str
) -> None:
    with pytest.raises(UnclearError, match=sentence):
        judge(read(*found), deployed, SCOPE)


def test_what_bicep_itself_names_is_ours() -> None:
    # The users' assignments are the ones whose names Bicep could work out without Azure.
    found = of_type(committed(), "Microsoft.Authorization/roleAssignments")
    folded = [each for each in found if not each["name"].startswith("[")]
    scopes = [each["id"].rpartition("/providers/Microsoft.Authorization/")[0] for each in folded]
    assert folded
    for each, scope in zip(folded, scopes, strict=True):
        given = {**each["properties"], "scope": scope}
        assert Assignment.from_json({"id": each["id"], "properties": given}).is_ours
