"""The texts that an earlier search found nothing in, by digest: the next search skips them.

No text is kept, and no finding: a text that holds anything is searched each time.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from tests.keys.scan import Finding, Text

_FILE = "clean-texts.json"
# A change of these changes what is found.
_SEARCHERS = [Path(__file__).with_name(each) for each in ("scan.py", "detectors.py")]


class CleanTexts:
    """The digests in one folder; a folder that cannot be used keeps none."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._salt = b"".join(each.read_bytes() for each in _SEARCHERS)
        self._salt += version("detect-secrets").encode()
        self._known = self._read()

    def unknown(self, texts: Iterable[Text]) -> Sequence[Text]:
        """Return the texts that have to be searched."""
        return [each for each in texts if self._digest(each) not in self._known]

    def keep(self, searched: Collection[Text], findings: Iterable[Finding]) -> None:
        """Remember the texts that were searched and hold nothing."""
        found = {each.where for each in findings}
        self._known |= {self._digest(each) for each in searched if each.where not in found}
        with suppress(OSError):
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_text(json.dumps(sorted(self._known)))

    def _digest(self, text: Text) -> str:
        content = f"{text.where}\0{text.configuration}\0{text.content}"
        return hashlib.sha256(self._salt + content.encode("utf-8", "surrogatepass")).hexdigest()

    def _read(self) -> set[str]:
        with suppress(OSError, ValueError, TypeError):
            return set(json.loads(self._file.read_text()))
        return set()
