"""The saved queries, taken apart: the tables, columns and words of ours that they name."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.deployment import SNAPSHOT
from sandbox.state import PROJECT

QUERIES = sorted((PROJECT / "infra" / "bicep" / "queries").glob("*.kql"))
OF_TELEMETRY = frozenset({"AppRequests", "AppDependencies"})
OF_THE_PLATFORM = frozenset({"ContainerAppConsoleLogs"})
# A custom table ends in this, and its columns of text in that.
CUSTOM_TABLE, CUSTOM_TEXT = "_CL", "_s"
TABLES = OF_TELEMETRY | OF_THE_PLATFORM | {f"{each}{CUSTOM_TABLE}" for each in OF_THE_PLATFORM}

_COMMENT = re.compile(r"//.*")
_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_NAME = re.compile(r"(?<![\w.])[A-Z]\w*")
_GIVEN = re.compile(r"(?<![\w.])([A-Z]\w*)\s*=(?![=~])")
_IF_EXISTS = re.compile(r"\bcolumn_ifexists\('(\w+)', ''\)")
_KEY = re.compile(r"\b(Line|Properties)\.(\w+)")


@dataclass(frozen=True)
class Query:
    """The names in a query. `keys` are JSON keys: `Line.message`.

    `either` are columns that need not exist.
    """

    tables: frozenset[str]
    columns: frozenset[str]
    either: frozenset[str]
    keys: frozenset[str]
    words: frozenset[str]


def saved() -> dict[str, str]:
    """The queries as they are deployed, with the deployment's names in them."""
    kind = "Microsoft.OperationalInsights/workspaces/savedSearches"
    resources = json.loads(SNAPSHOT.read_text())["predictedResources"]
    return {
        each["name"].rpartition("/")[2]: str(each["properties"]["query"])
        for each in resources
        if each["type"] == kind
    }


def taken_apart(path: Path) -> Query:
    """Columns are whatever has a capital and is neither a table nor given a value here."""
    text = _COMMENT.sub("", saved()[path.stem])
    words = frozenset("".join(each) for each in _TEXT.findall(text))
    bare = _TEXT.sub("''", text)
    names = frozenset(_NAME.findall(bare))
    own = frozenset(_GIVEN.findall(bare))
    keys = frozenset(".".join(each) for each in _KEY.findall(bare))
    either = frozenset(_IF_EXISTS.findall(text))
    return Query(names & TABLES, names - TABLES - own, either, keys, words - either)
