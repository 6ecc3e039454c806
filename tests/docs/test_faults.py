"""docs/faults.md has a row for each fault, and names no other."""

import re

from sandbox.faults import FAULTS
from sandbox.state import PROJECT

_ROW = re.compile(r"^\| `([a-z]+-[a-z0-9]+)` \|", re.MULTILINE)


def test_each_fault_has_its_row_and_each_row_a_fault() -> None:
    page = (PROJECT / "docs" / "faults.md").read_text("utf-8")
    assert sorted(_ROW.findall(page)) == sorted(each.name for each in FAULTS)
