"""The second line of defence: removes ids, names, addresses and secrets from a text.

The first, local.report.safe_text, lets none of them in. So this finds something only where the
first has a bug; the command then says how often.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from local.report import safe_text
from local.report.vocabulary import CODES, VOCABULARY
from sandbox.assumptions import QUESTIONS

REMOVED = "[removed]"

_SHORTEST = 5  # shorter values, such as `dev`, are part of too many words
_TOP_LEVELS = "com|net|io|org|dev|ms|cloud|info|eu|us|uk|de|fr|jp|cn|local|internal"
_PATTERNS = (
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",  # ids
    r"/subscriptions/[^\s`|]+",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*",  # addresses of people
    r"\w+://[^\s`|)]+",
    rf"(?:[\w-]+\.)+(?:{_TOP_LEVELS})\b",  # hosts
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?\b",  # IPv4
    r"\b(?:[0-9a-f]{1,4}:){2,7}[0-9a-f:]*",  # IPv6
    r"\bey[\w-]{8,}(?:\.[\w-]+)*",  # tokens
    r"(?<![\w-])[\w-]*(?:key|password|secret|signature|sig|token)=[^\s;&`|]+",  # connection strings
    r"\bwhsec_\S+",
    r"(?=[\w+/=-]*\d)(?=[\w+/=-]*[a-z])[\w+/=-]{32,}",  # keys
)
_SUSPICIOUS = re.compile("|".join(f"(?:{each})" for each in _PATTERNS), re.IGNORECASE)


def redact(text: str, values: Iterable[str]) -> tuple[str, int]:
    """Return the text without `values` and anything similar, and the number of removals."""
    known = {
        word
        for each in QUESTIONS
        for answer in each.answers
        for word in (answer, f"{each.name}={answer}")
    }
    removed = 0

    def replace(found: re.Match[str]) -> str:
        nonlocal removed
        if found[0] in known:
            return found[0]
        removed += 1
        return REMOVED

    for each in sorted(_worth_removing(values), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", replace, text, flags=re.IGNORECASE)
    return _SUSPICIOUS.sub(replace, text), removed


def values_in(named: Mapping[str, str]) -> Iterator[str]:
    """Yield every value of an environment, including those in JSON and in host names."""
    for each in named.values():
        yield from _parts(each)


def _parts(value: str) -> Iterator[str]:
    yield value
    try:
        inner = json.loads(value)
    except ValueError:
        inner = None
    if isinstance(inner, list):
        for each in inner:
            if isinstance(each, dict):
                yield from map(str, each.values())
    yield from re.findall(r"(?<=://)[\w.-]+", value)
    yield from re.findall(r"^[\w-]+(?=\.)|(?<=://)[\w-]+(?=\.)", value)


def _worth_removing(values: Iterable[str]) -> set[str]:
    """Return the values except our own words: an environment may be called `keyless`."""
    found = {each.strip() for each in values}
    return {each for each in found if len(each) >= _SHORTEST and each.lower() not in _ours()}


@cache
def _ours() -> frozenset[str]:
    """Return the words that a page consists of: entity names, codes, and our own texts."""
    found = {*safe_text.names(), *CODES, *VOCABULARY}
    found |= {answer for each in QUESTIONS for answer in (each.name, *each.answers)}
    for file in Path(__file__).parent.glob("*.py"):
        found |= set(re.findall(r"[\w-]+", file.read_text("utf-8")))
    return frozenset(each.lower() for each in found)
