"""The same rows against a real environment: KEYLESS_AZURE=FILE ./keyless test -m azure_verified.

FILE holds the environment's values (azd env get-values). Whoever is signed in is the environment's
developer or its operator, and not both: the rows of that one are done. A developer's take messages
from the queue and leave a blob in each container, so make an environment for it, without apps.
"""

import os
from pathlib import Path

import pytest

from local.rights import Environment
from local.sign_in import open_developers_credential, signed_in
from local.values import Values
from tests.access.actor import Actor, Hosts
from tests.access.judge import refused
from tests.access.table import ANOTHER_SECRET, API, DEVELOPER, OPERATOR, TABLE, Row

USERS = (DEVELOPER, OPERATOR)
ROWS = tuple(
    row
    for row in TABLE
    if row.who in USERS and not row.by_decision and row.on not in {API, ANOTHER_SECRET}
)


@pytest.fixture(scope="module")
def actor() -> Actor:
    """Who is signed in, by the name that the table has for them."""
    values = Values.from_file(Path(os.environ["KEYLESS_AZURE"]))
    there = Environment.of(values)
    credential = open_developers_credential()
    me = signed_in(credential).object_id.lower()
    names = [who for who in USERS if values[f"{who.upper()}_PRINCIPAL_ID"].lower() == me]
    assert len(names) == 1, f"you, {me}, have to be the developer or the operator, and are {names}"
    hosts = Hosts(
        f"{there.account}.blob.core.windows.net",
        f"{there.vault}.vault.azure.net",
        values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"],
    )
    return Actor(names[0], credential, hosts)


@pytest.mark.azure_verified
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_azure_says_the_same(actor: Actor, row: Row) -> None:
    if row.who != actor.name:
        pytest.skip(f"you are signed in as the {actor.name}")
    assert (refused(row, actor, hand=actor) == "") == row.allowed
