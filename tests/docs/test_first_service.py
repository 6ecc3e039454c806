"""docs/first-service.md leads from three files to a service that its role lets in and keeps out."""

import json
import re
from pathlib import Path

import pytest

from sandbox.deployment.given_snapshot import given_snapshot
from sandbox.state import PROJECT, State
from tests.containers.images import BASE
from tests.docs.tutorials import check, free_port, steps, typed
from tests.infra.bicep import needs_bicep

PAGE = (PROJECT / "docs" / "first-service.md").read_text()
FOLDER = PROJECT / "examples" / "first-service"
LOCK = (PROJECT / "requirements" / "services.txt").read_text()

# The last block, for Azure, does not run here.
*RUN, REHEARSAL, _ = steps(PAGE)


@pytest.mark.timeout(300)  # it starts a sandbox and five commands
def test_the_commands_of_the_page_store_list_and_are_refused_as_it_shows(
    tmp_path: Path,
) -> None:
    check(RUN, typed(RUN, tmp_path, {"8000": free_port()}))


@needs_bicep
def test_azure_would_refuse_nothing_of_its_deployment(tmp_path: Path) -> None:
    check([REHEARSAL], typed([REHEARSAL], tmp_path, {}))


@needs_bicep
def test_the_snapshot_is_that_of_its_bicep(tmp_path: Path) -> None:
    made = given_snapshot(State.open(tmp_path), FOLDER / "main.bicep")
    assert json.loads(made.read_text()) == json.loads((FOLDER / "main.snapshot.json").read_text())


def test_the_image_has_the_base_and_the_packages_of_the_sample() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    pinned = re.findall(r"[\w-]+==[\d.]+", text)
    assert text.startswith(f"FROM {BASE}\n")
    assert len(pinned) == 4
    assert [each for each in pinned if f"{each} " not in LOCK] == []


def test_a_line_that_the_page_shows_is_in_the_files() -> None:
    files = "".join((FOLDER / each).read_text() for each in ("app.py", "main.bicep"))
    blocks = re.findall(r"^```(?:python|bicep)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    shown = [line for each in blocks for line in each.splitlines()]
    assert len(shown) == 4
    assert [each for each in shown if each not in files] == []
