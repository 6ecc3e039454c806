"""The audit as text."""

import io
import logging
from dataclasses import replace

import pytest
from rich.console import RenderableType
from rich.text import Text

from cli.program_audit import refusal_lines
from cli.terminal import OneLine, Terminal
from cli.trace import line, table
from sandbox.audit import Outcome, Record
from sandbox.deployment import as_compiled
from sandbox.deployment.short_names import api_names

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


def test_a_token_for_the_deployments_own_api_names_its_app() -> None:
    deployment = as_compiled()
    apis = api_names(deployment)
    assert deployment.registration
    own = replace(ISSUED, resource=deployment.registration.app_id)
    assert "gateway      token for catalog" in str(line(own.naming(apis)))
    others = replace(ISSUED, resource="https://vault.azure.net")
    assert others.naming(apis) is others
    assert api_names(replace(deployment, registration=None)) == {}


def test_a_request_by_a_sas_is_told_from_one_of_its_issuer() -> None:
    read = replace(ISSUED, outcome=Outcome.ALLOWED, operation="GetBlob")
    signed = replace(read, credential="user delegation SAS")
    assert "gateway (SAS)" in str(line(signed))
    assert "(SAS)" not in str(line(read))


NASTY = "no queue \x1b[2J\x1b]0;owned\x07\r\n12:00:00.000  ✓ owner [/]\x9b31m \u202egnp"
REFUSED = Record(
    time="2026-01-01T00:00:00.000Z",
    service="bus",
    outcome=Outcome.REFUSED,
    operation=NASTY,
    identity=NASTY,
    reason=NASTY,
)


@pytest.mark.parametrize(
    "shown",
    [line(REFUSED), table([REFUSED], "a title"), *refusal_lines(REFUSED), Text(NASTY)],
    ids=["trace", "the demo", "as", "anything else"],
)
def test_what_a_stranger_sent_is_shown_and_never_obeyed(shown: RenderableType) -> None:
    file = io.StringIO()
    Terminal(file=file, force_terminal=False, width=2000).print(shown)
    written = file.getvalue()
    assert "\\u001b[2J" in written
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"}.intersection(written)


def test_a_stranger_writes_no_line_into_a_trace() -> None:
    assert "\n" not in str(line(REFUSED))


def test_a_line_of_the_log_is_one_line_whatever_is_in_it() -> None:
    record = logging.makeLogRecord({"msg": "refused: %s", "args": (NASTY,)})
    written = OneLine().format(record)
    assert len(written.splitlines()) == 1
    assert "\x1b" not in written
