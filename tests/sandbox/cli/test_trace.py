"""The audit as a person reads it."""

from dataclasses import replace

from sandbox.audit import Outcome, Record
from sandbox.cli.trace import line

ISSUED = Record(
    time="2026-01-01T00:00:00.000Z",
    service="identity",
    outcome=Outcome.ISSUED,
    operation="GetToken",
    identity="gateway",
    resource="ca7a1060-0000-4000-8000-000000000003",
)


def test_a_token_is_shown_with_the_app_roles_in_it() -> None:
    assert str(line(replace(ISSUED, role="Catalog.Read"))).endswith(
        "gateway      token for ca7a1060-0000-4000-8000-000000000003  Catalog.Read"
    )
    assert "Catalog.Read" not in str(line(ISSUED))
