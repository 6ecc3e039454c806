"""Traffic that makes the intake and the reader use each of their rights."""

import time

import requests

from sandbox.partner.journal import FILE, read
from tests.conftest import Running

_PDF = b"%PDF-1.4\n1 0 obj << /Type /Page >> endobj\n%%EOF\n"


def put_through(sandbox: Running) -> str:
    """Put one paper through, and wait for its callback; gives the paper's id."""
    answer = requests.put(f"{sandbox.report.gallery}/papers", data=_PDF, timeout=30)
    answer.raise_for_status()
    paper = str(answer.json()["paper"])
    deadline = time.monotonic() + 100
    while paper not in {each.id for each in read(sandbox.state.path(FILE)) if each.verified}:
        assert time.monotonic() < deadline, "no callback came"
        time.sleep(0.1)
    return paper
