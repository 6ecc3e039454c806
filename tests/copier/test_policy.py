"""The copier's policy, proved by our tests of access as they are; the table is the copier's."""

import pytest

from tests.copier.project import Project


@pytest.mark.timeout(400)  # a run of tests, on a busy machine
def test_the_copiers_table_is_proved_by_our_tests_unchanged(project: Project) -> None:
    assert project.python("-m", "tests.access.page").returncode == 0
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    done = project.python("-m", "pytest", *options, "tests/access")
    assert done.returncode == 0, done.stdout[:5000]
    caught = [each for each in done.stdout.splitlines() if each.startswith("mutations of")]
    assert caught == ["mutations of the policy: 54 of 54 caught"]
    assert "left out, since they ask about Azure on the sample's entities" in done.stdout
