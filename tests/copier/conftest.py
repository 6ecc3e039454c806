"""Fixtures: one sandbox of the copier's project for all its tests."""

from collections.abc import Iterator

import pytest

from tests.copier.project import Project


@pytest.fixture(scope="package")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = Project.made(tmp_path_factory.mktemp("copier"))
    started = project.keyless("up", "--detach", "--port", "0")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield project
    finally:
        project.keyless("down")
