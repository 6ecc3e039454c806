"""Looks for keys in a text, line by line: detect-secrets' detectors, and ours."""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cache
from itertools import chain

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
from detect_secrets.plugins.ip_public import IPPublicDetector
from detect_secrets.plugins.keyword import DENYLIST, KeywordDetector

from tests.keys.detectors import OURS

# Ids, hashes and names of photos are random text, too; and an address is no secret.
_NOT_KEYS = (HighEntropyStringsPlugin, IPPublicDetector)
_NAMES = re.compile("|".join(DENYLIST), re.IGNORECASE)
# A name without quotes around its value is only found in known configuration.
_CONFIGURATION = "any.ini"
# Between a parameter's name and its value stands its type, in the way of each detector.
_TYPED = re.compile(r"^([ \t]*param \w+) \w+\?? =", re.MULTILINE)

# Texts: a few dozen batches, so that no process waits long for the last one.
_BATCH = 64

_Hit = tuple[str, int, str]


@dataclass(frozen=True)
class Text:
    """A text to be searched. `where` is its name: a path, or a person's name for it."""

    place: str
    where: str
    content: str = field(repr=False)
    configuration: bool = False


@dataclass(frozen=True)
class Finding:
    """A text that looks like a key: its kind and its place. Never shown with its value."""

    kind: str
    place: str
    where: str
    line: int
    secret: str = field(repr=False)
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.where}:{self.line}: {self.kind} ({self.place})"


def scan(texts: Iterable[Text]) -> Iterator[Finding]:
    """All that looks like a key."""
    for text in texts:
        lines = text.content.splitlines()
        for kind, number, secret in _hits(text.where, text.content, text.configuration):
            line = lines[number - 1]
            yield Finding(kind, text.place, text.where, number, secret, line)


def scan_at_once(workers: Executor, texts: Iterable[Text]) -> Iterator[Finding]:
    """All that looks like a key, by several processes. Texts of one name go to one of them."""
    ordered = sorted(texts, key=lambda each: each.where)
    batches = (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))
    yield from chain.from_iterable(workers.map(_scanned, batches))


def _scanned(texts: Sequence[Text]) -> Sequence[Finding]:
    return list(scan(texts))


# Most of what images hold is source, too.
@cache
def _hits(where: str, content: str, configuration: bool) -> Sequence[_Hit]:
    content = _TYPED.sub(r"\1 =", content)
    lines = content.splitlines()
    by_name = _by_name(_CONFIGURATION if configuration else where, content, lines)
    return [*by_name, *(hit for each in _DETECTORS for hit in _by_form(each, content, lines))]


def _by_form(detector: BasePlugin, content: str, lines: Sequence[str]) -> Iterator[_Hit]:
    # Most texts hold nothing of most kinds: one look at the whole is much faster than one per line.
    if next(iter(detector.analyze_string(content)), None) is None:
        return
    for number, line in enumerate(lines, 1):
        for secret in detector.analyze_string(line):
            yield str(detector.secret_type), number, secret


def _by_name(file: str, content: str, lines: Sequence[str]) -> Iterator[_Hit]:
    # One search of the whole, as above: most lines hold no such name.
    if _NAMES.search(content) is None:
        return
    for number, line in enumerate(lines, 1):
        if _NAMES.search(line):
            for each in _KEYWORD.analyze_line(file, line, number):
                yield _KEYWORD.secret_type, number, each.secret_value or ""


def _detectors() -> Sequence[BasePlugin]:
    kept: Iterable[type[BasePlugin]] = get_mapping_from_secret_type_to_class().values()
    theirs = [each for each in kept if not issubclass(each, (*_NOT_KEYS, KeywordDetector))]
    return [each() for each in (*theirs, *OURS)]


_DETECTORS = _detectors()
_KEYWORD = KeywordDetector()
