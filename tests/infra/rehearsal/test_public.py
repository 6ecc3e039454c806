"""Templates that are known to deploy are not refused; KEYLESS_TEMPLATES names their folder."""

import os
from pathlib import Path

import pytest

from tests.infra.rehearsal.public import rehearsed

FOLDER = os.environ.get("KEYLESS_TEMPLATES")


@pytest.mark.skipif(not FOLDER, reason="no folder of templates in KEYLESS_TEMPLATES")
def test_a_template_that_is_known_to_deploy_is_not_refused() -> None:
    every = list(rehearsed(Path(str(FOLDER))))
    assert every
    assert {each.name: each.refused for each in every if each.refused} == {}
