"""The whole way: a row is cut from access.bicep, and its right is left over."""

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.azd.assignments import Assignment, judge
from sandbox.deployment.expressions import evaluate
from tests.infra.bicep import FOLDER, committed, needs_bicep, of_type

KIND = "Microsoft.Authorization/roleAssignments"
ROW = re.compile(r"  \{\n    who: 'thumbnailer'\n    role: roles\.blobReader\n(?:    .*\n)+?  \}\n")
WHY = "A thumbnail is made from the original"


def at_runtime(snapshot: Mapping[str, Any]) -> list[Any]:
    """The role assignments as Azure would list them: every identity has an object id."""

    def reference(resource: str, whole: bool) -> Mapping[str, Any]:
        principal = {"principalId": str(uuid.uuid5(uuid.NAMESPACE_URL, resource))}
        return {"identity": principal} if whole else principal

    found = [evaluate(each, reference) for each in of_type(snapshot, KIND)]
    for each in found:
        each["properties"]["scope"] = each["id"].rpartition(f"/providers/{KIND}/")[0]
    return found


def without_a_row(folder: Path) -> Mapping[str, Any]:
    """Expand the Bicep once the row has been cut, by the project's own snapshot."""
    copy = folder / "bicep"
    shutil.copytree(FOLDER, copy)
    policy = copy / "modules" / "access.bicep"
    cut, rows = ROW.subn("", policy.read_text())
    assert rows == 1
    policy.write_text(cut)
    subprocess.run([str(copy / "snapshot")], check=True, capture_output=True)
    found: Mapping[str, Any] = json.loads((copy / "sandbox.snapshot.json").read_text())
    return found


@needs_bicep
def test_the_right_of_a_row_that_was_cut_is_left_over_and_no_other(tmp_path: Path) -> None:
    there = at_runtime(committed())
    deployed = [each["id"] for each in at_runtime(without_a_row(tmp_path))]
    group = there[0]["id"].partition("/providers/")[0]
    verdict = judge(map(Assignment.from_json, there), deployed, group)
    assert verdict.of_others == []
    # The developer has the services' rights, so one row is two assignments.
    left = verdict.leftovers
    assert {each.scope.rsplit("/", 1)[1] for each in left} == {"originals"}
    assert all(WHY in each.description for each in left)
    assert len({each.principal for each in left}) == 2


def test_all_that_the_bicep_assigns_is_known_as_ours() -> None:
    there = [Assignment.from_json(each) for each in at_runtime(committed())]
    assert there
    assert [each for each in there if not each.is_ours] == []
