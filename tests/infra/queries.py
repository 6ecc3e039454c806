"""The saved queries, taken apart: the tables, columns and words of ours that they name."""

import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.state import PROJECT

QUERIES = sorted((PROJECT / "infra" / "bicep" / "queries").glob("*.kql"))
TABLES = frozenset({"AppRequests", "AppDependencies", "ContainerAppConsoleLogs"})

_COMMENT = re.compile(r"//.*")
_TEXT = re.compile(r"'([^']*)'")
_NAME = re.compile(r"(?<![\w.])[A-Z]\w*")
_GIVEN = re.compile(r"(?<![\w.])([A-Z]\w*)\s*=(?![=~])")
_KEY = re.compile(r"\b(Line|Properties)\.(\w+)")


@dataclass(frozen=True)
class Query:
    """What a query names. `keys` are those of JSON: `Line.message`, `Properties.photo`."""

    tables: frozenset[str]
    columns: frozenset[str]
    keys: frozenset[str]
    words: frozenset[str]


def taken_apart(path: Path) -> Query:
    """Columns are whatever has a capital and is neither a table nor given a value here."""
    text = _COMMENT.sub("", path.read_text())
    words = frozenset(_TEXT.findall(text))
    bare = _TEXT.sub("''", text)
    names = frozenset(_NAME.findall(bare))
    own = frozenset(_GIVEN.findall(bare))
    keys = frozenset(".".join(each) for each in _KEY.findall(bare))
    return Query(names & TABLES, names - TABLES - own, keys, words)
