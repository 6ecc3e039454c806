"""docs/rehearsal.md agrees with the rehearsal."""

import re
from collections.abc import Sequence

import pytest

from infra.rehearsal.picture import PICTURE, order_of_ours, svg, waits
from infra.rehearsal.plan import Plan
from infra.rehearsal.rules import RULES
from infra.rehearsal.scenarios import SCENARIOS
from sandbox.state import PROJECT
from tests.infra.bicep import needs_bicep

pytestmark = pytest.mark.timeout(300)  # a compiler on a busy machine

PAGE = (PROJECT / "docs" / "rehearsal.md").read_text()


def table(first: str) -> Sequence[Sequence[str]]:
    """The rows of the table whose head begins with this word."""
    (body,) = re.findall(rf"^\| {first} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in body.strip().split("\n")
    ]


@pytest.fixture(scope="module")
def ours() -> Plan:
    return order_of_ours()


def test_every_rule_stands_on_the_page_as_it_is() -> None:
    assert table("rule") == [[f"`{each.name}`", each.asks, each.sure.value] for each in RULES]


@needs_bicep
def test_every_arrow_has_its_reason(ours: Plan) -> None:
    told = [(int(number), first, then) for number, then, first, _ in table("arrow")]
    assert told == [(each.number, *each.names) for each in waits(ours)]
    assert all(why for *_, why in table("arrow"))


@needs_bicep
def test_the_picture_is_that_of_the_plan(ours: Plan) -> None:
    assert PICTURE.read_text() == svg(ours), "run python -m infra.rehearsal.picture"


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_situation_stands_on_the_page(name: str) -> None:
    assert f"✓ {name:<22}{SCENARIOS[name].title} (…\n" in PAGE
