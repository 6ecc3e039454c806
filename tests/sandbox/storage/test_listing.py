"""A listing is Azurite's own answer, and costs no more the more blobs there are."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.state import PROJECT
from sandbox.storage.installation import find_node

AZURITE = PROJECT / "sandbox/storage/azurite"
CHANGES = {"put", "block", "commit", "metadata", "snapshot", "copy", "remove", "container"}


def node(script: str, *arguments: str) -> dict[str, Any]:
    """Return the output of a script beside this file. Raises CalledProcessError if it fails."""
    command = [find_node(), str(Path(__file__).with_name(script)), str(AZURITE), *arguments]
    found: dict[str, Any] = json.loads(subprocess.check_output(command, text=True))
    return found


@pytest.mark.parametrize("seed", range(1, 6))
def test_every_listing_is_as_azurites_own_whatever_has_happened_before(
    tmp_path: Path, seed: int
) -> None:
    said = node("listing.js", str(tmp_path), str(seed))
    assert set(said["changes"]) == CHANGES
    assert said["restarts"] > 0
    assert said["pages"] > said["listings"]
    assert min(said["items"], said["folded"]) > 100


@pytest.mark.parametrize(
    ("asked", "items", "looked_at"),
    [
        pytest.param({"prefix": "newest/", "most": 24}, 24, 25, id="the first page"),
        pytest.param({"marker": "newest/05", "most": 24}, 24, 25, id="a later page"),
        pytest.param({"prefix": "photos/", "marker": "photos/x", "most": 24}, 0, 0, id="the end"),
        pytest.param({"delimiter": "/", "most": 24}, 2, 4, id="the folders"),
    ],
)
def test_a_page_looks_at_as_many_blobs_as_it_holds_however_many_there_are(
    asked: dict[str, Any], items: int, looked_at: int
) -> None:
    for stored in (300, 3000):
        said = node("reads.js", str(stored), json.dumps(asked))
        assert said["ours"] == {"items": items, "looked_at": looked_at}
        assert said["azurites"] == {"items": items, "looked_at": 2 * stored}
