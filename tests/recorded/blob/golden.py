"""The 111 kinds of answer in golden.json, and their service version.

They are facts about the recordings of 2019 in Azure/azure-storage-python (tests/recordings, commit
7508a7fa). The elements are those of the answer in the row's example; of a list of all containers,
those of the one that the example made.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.recorded.rows import Row

_FILE = Path(__file__).with_name("golden.json")
BOM, OWN_REASON = "a BOM", "a reason phrase of its own"


@dataclass(frozen=True)
class Golden:
    """A row, and the one request that gets its answer."""

    row: Row
    method: str
    level: str
    query: str
    version: str


def golden() -> list[Golden]:
    """Return all rows, in their order."""
    return [_golden(each) for each in json.loads(_FILE.read_text())]


def _golden(facts: dict[str, Any]) -> Golden:
    method, level, query = facts["method"], facts["level"], facts["query"]
    target = f"{level}?{query}" if query else level
    row = Row(
        name=f"{method} {target} {facts['status']} {facts['code']}".rstrip(),
        status=facts["status"],
        code=facts["code"],
        headers=frozenset(facts["headers_always"]),
        sometimes=frozenset(facts["headers_sometimes"]),
        elements=frozenset(facts["example_elements"]),
        traits=frozenset(_traits(facts)),
        source=f"Azure/azure-storage-python tests/recordings/{facts['example']}",
    )
    return Golden(row, method, level, query, facts["version"])


def _traits(facts: dict[str, Any]) -> set[str]:
    bom = {BOM} if facts["xml_bodies_with_bom"] else set()
    return bom if facts["reason_is_standard"] else bom | {OWN_REASON}
