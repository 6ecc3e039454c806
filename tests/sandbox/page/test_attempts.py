"""The requests that the page can try: every row of the access table is among them."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox.deployment import Deployment, as_compiled
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.trials import chosen_by, is_sent
from sandbox.page.verdicts import decide
from sandbox.rbac import Assignments
from tests.access.rows import API, TOKEN, Row
from tests.access.table import TABLE
from tests.access.verdicts import needs


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return as_compiled()


@pytest.fixture(scope="module")
def assignments(deployment: Deployment) -> Assignments:
    return Assignments(deployment.assignments, deployment.custom_roles)


def test_each_request_has_a_name_of_its_own(deployment: Deployment) -> None:
    names = [each.name for each in attempts(deployment)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_the_page_decides_every_row_of_the_access_table_as_the_table(
    deployment: Deployment, assignments: Assignments, row: Row
) -> None:
    principal = deployment.principal(row.who)
    found = [decide(principal, each, assignments) for each in meant(deployment, row)]
    assert any(each.allowed for each in found) == row.allowed
    assert all(each.allowed or each.reason for each in found)


def test_every_row_that_a_plane_carries_out_is_a_real_request_while_it_is_denied(
    deployment: Deployment, assignments: Assignments
) -> None:
    for row in TABLE:
        principal = deployment.principal(row.who)
        tried = [
            is_sent(each, decide(principal, each, assignments)) for each in meant(deployment, row)
        ]
        assert row.by_decision or any(tried) or row.allowed, row


def meant(deployment: Deployment, row: Row) -> list[Attempt]:
    """Return the requests that the page offers for a row."""
    known = list(attempts(deployment))
    if row.on == API:
        return [each for each in known if each.needs is deployment.registration]
    if row.on == TOKEN:
        return [each for each in known if each.needs in deployment.apps]
    wanted = needs(cast(Any, SimpleNamespace(deployment=deployment)), row)
    found = [each for each in known if each.needs == wanted]
    form = {"action": wanted.any_of[0].name, "scope": wanted.scope}
    return found or chosen_by(deployment, form)
