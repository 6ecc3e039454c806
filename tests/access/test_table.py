"""Every row of the table, through the real SDKs: who may does it, who must not is refused."""

import pytest

from tests.access.judge import agrees, judge
from tests.access.stage import Stage
from tests.access.table import TABLE, Row


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_the_row_holds(stage: Stage, row: Row) -> None:
    assert not agrees(row, judge(stage, row))


def test_the_table_has_each_row_once() -> None:
    keys = [(row.who, row.operation, row.on) for row in TABLE]
    assert len(set(keys)) == len(keys) >= 60
