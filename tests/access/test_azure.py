"""The same rows against a real environment: KEYLESS_AZURE=FILE ./keyless test -m azure_verified.

FILE holds the environment's values (azd env get-values). The signed-in user is one user of the
deployment, its developer or its operator: the rows of that one are done. A developer's take
messages from the queue and leave a blob in each container, so make an environment for it, without
apps.
"""

import pytest

from sandbox.deployment import as_compiled
from tests.access.actor import Actor
from tests.access.rows import ANOTHER_SECRET, API, Row
from tests.access.table import TABLE
from tests.access.verdicts import refusal_of

USERS = {each.name for each in as_compiled().users}
ROWS = tuple(
    row
    for row in TABLE
    if row.who in USERS and not row.by_decision and row.on not in {API, ANOTHER_SECRET}
)


@pytest.mark.azure_verified
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_azure_says_the_same(azure: Actor, row: Row) -> None:
    if row.who != azure.name:
        pytest.skip(f"you are signed in as the {azure.name}")
    assert (refusal_of(row, azure, admin=azure) == "") == row.allowed
