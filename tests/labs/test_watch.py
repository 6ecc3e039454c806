"""`./keyless lab check --watch`: it passes after a change, without being called again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.lab.check import seen_by
from cli.lab.course import read_course
from sandbox.deployment import SNAPSHOT
from sandbox.state import PROJECT
from tests.labs.learner import Learner


@pytest.mark.timeout(300)
def test_a_watched_check_passes_once_the_lab_is_mended(learner: Learner) -> None:
    started = learner.types("3", "--predict", "no")
    assert started.exit_code == 0, started.output
    watching = subprocess.Popen(
        [sys.executable, "-m", "cli", "lab", "check", "--watch"],
        cwd=PROJECT,
        env={**os.environ, "KEYLESS_LABS": str(learner.root), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert watching.stdout is not None
        said = ""
        while "watching" not in said:
            line = watching.stdout.readline()
            assert line, said
            said += line
        assert "✗ thumbnailer: read a blob in containers/originals" in said
        assert "59 of 60 are right; 1 too little, 0 too much." in said

        # A fault is no change of the roles: it is checked again, and fails again.
        learner.asks("fault", begin="vault-429", seconds=300)
        while said.count("watching") < 2:
            said += watching.stdout.readline()
        assert "solved" not in said

        learner.deploys(SNAPSHOT.read_text())
        said += watching.communicate()[0]
    finally:
        watching.kill()
        watching.wait()
    assert watching.returncode == 0, said
    assert "✓ Lab 3 is solved." in said
    assert "✓  3" in learner.types().output


def test_an_edited_file_is_a_change_and_one_that_a_script_has_written_is_none(
    tmp_path: Path,
) -> None:
    (tmp_path / "03-copy" / "start").mkdir(parents=True)
    lab = read_course()[3]
    for name in ("lab.toml", "story.md", "instructor.md"):
        (tmp_path / "03-copy" / name).write_text((lab.folder / name).read_text())
    (tmp_path / "03-copy" / "start" / "answers.toml").write_text("")
    learner = Learner(tmp_path / "labs", read_course(tmp_path)[3])
    learner.folder.write(learner.lab)

    before = seen_by(learner.lab, learner.folder, learner.state)
    (learner.folder.work / "written.txt").write_text("by a script")
    assert seen_by(learner.lab, learner.folder, learner.state) == before
    (learner.folder.work / "answers.toml").write_text("it = 'edited'")
    assert seen_by(learner.lab, learner.folder, learner.state) != before
