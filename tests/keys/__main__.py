"""The part of the proof that needs nothing running: `python -m tests.keys`."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from sandbox.state import PROJECT
from tests.keys.allowances import STATIC as ALLOWED
from tests.keys.allowances import unexplained, unused
from tests.keys.clean_texts import CleanTexts
from tests.keys.places import STATIC, template
from tests.keys.scan import Finding, Text, scan, scan_at_once


def found(root: Path, clean: CleanTexts | None = None) -> Iterator[Finding]:
    """All that looks like a key in the static places, but for the texts that are `clean`."""
    with ProcessPoolExecutor() as workers, ThreadPoolExecutor(1) as pool:
        compiled = pool.submit(lambda: list(template(root)))  # Bicep takes as long as all the rest
        quick = [texts for texts in STATIC.values() if texts is not template]
        texts: Sequence[Text] = [text for texts in quick for text in texts(root)]
        if clean:
            texts = clean.unknown(texts)
        findings = list(scan_at_once(workers, texts))
        if clean:
            clean.keep(texts, findings)
        yield from findings
        yield from scan(compiled.result())


def complaints(root: Path) -> Iterator[str]:
    """Yield a sentence for each unexplained key, and for each unused allowance."""
    findings = list(found(root, CleanTexts(root / ".tools")))
    for each in unexplained(findings, ALLOWED):
        yield f"{each}: take it out; or say in tests/keys/allowances.py why it is none"
    for one in unused(findings, ALLOWED):
        yield f"tests/keys/allowances.py: nothing is {one.kind} like {one.text} any more"


if __name__ == "__main__":
    try:
        complained = sorted(set(complaints(PROJECT)))
    except RuntimeError as error:
        sys.exit(str(error))
    print(*complained, sep="\n", end="\n" if complained else "", file=sys.stderr)
    sys.exit(bool(complained))
