"""The part of docs/attacks.md that is written from the data: `python -m tests.attacks.page`."""

from itertools import groupby

from sandbox.state import PROJECT
from tests.attacks.confusions import LEDGER
from tests.attacks.tokens import CASES, GROUPS
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "attacks.md"
BEGIN, END = "<!-- written from tests/attacks -->\n", "<!-- until here -->\n"
TOKENS = "tests/attacks/test_tokens.py::test_every_plane_answers_a_token_as_azure_does"

SERVICE_TOKENS = "tests/attacks/test_service_tokens.py::test_the_catalog_answers_by_rfc_6750"


def rendered() -> str:
    """The tables of tokens and of confusions, as they stand in the page."""
    return f"{_tokens()}\n{_confusions()}"


def with_tables(page: str) -> str:
    """Return `page` with its tables as they must be. Raises ValueError if a mark is missing."""
    return replace_section(page, BEGIN, END, rendered())


def _tokens() -> str:
    rows = [
        f"| {group} | {'; '.join(_plain(each.name) for each in cases)} |"
        for group, cases in GROUPS.items()
    ]
    return (
        f"### {len(CASES)} tokens\n"
        "Each is shown to Blob Storage, Key Vault, Service Bus and the ingestion of telemetry\n"
        f"(`{TOKENS}`),\n"
        f"and to the catalog's own verifier (`{SERVICE_TOKENS}`).\n"
        "The first one is good, and a few others are good at one service alone.\n\n"
        "| in question | tokens |\n|---|---|\n" + "\n".join(rows) + "\n"
    )


def _confusions() -> str:
    rows = [
        f"| {'; '.join(_plain(each.attack) for each in rows)} | {_cell(test)} |"
        for test, rows in groupby(LEDGER, key=lambda each: each.test)
    ]
    head = f"### {len(LEDGER)} confusions\n| attack | test |\n|---|---|\n"
    return head + "\n".join(rows) + "\n"


def _cell(test: str) -> str:
    return f"`{_plain(test.partition('[')[0])}`"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
