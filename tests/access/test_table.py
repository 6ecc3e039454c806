"""Every row of the table, through the real SDKs: each right works, each other is refused."""

import pytest

from sandbox.deployment import Deployment, as_compiled
from tests.access.harness import Harness
from tests.access.rows import Row
from tests.access.table import TABLE
from tests.access.verdicts import mismatch, verdict_on


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_the_row_holds(harness: Harness, row: Row) -> None:
    assert not mismatch(row, verdict_on(harness, row))


def test_the_table_has_each_row_once() -> None:
    keys = [(row.who, row.operation, row.on) for row in TABLE]
    assert len(set(keys)) == len(keys)


def test_everybody_of_the_deployment_is_allowed_something_and_denied_something() -> None:
    for allowed in (True, False):
        assert {row.who for row in TABLE if row.allowed == allowed} == {
            each.name for each in as_compiled().principals
        }


def test_each_entity_of_the_deployment_is_somebodys_and_kept_from_somebody() -> None:
    for allowed in (True, False):
        spoken_of = {row.on for row in TABLE if row.allowed == allowed}
        assert entities(as_compiled()) - spoken_of == set()


def entities(deployment: Deployment) -> set[str]:
    """Whatever data is in, by the table's name for it."""
    bus = deployment.bus
    return {
        *deployment.storage.containers,
        *(each.name for each in bus.queues),
        *(each.name for each in bus.topics),
        *(f"{topic.name}/{each.name}" for topic in bus.topics for each in topic.subscriptions),
        *(each.name for each in deployment.vault.secrets),
    }
