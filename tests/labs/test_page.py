"""A lab on the page of its sandbox: its story, a hint, a check that fails, and one that passes."""

import pytest
import requests

from sandbox.deployment import SNAPSHOT
from sandbox.supervisor import running
from tests.labs.learner import Learner


@pytest.mark.timeout(300)
def test_a_lab_is_solved_on_the_page(learner: Learner) -> None:
    started = learner.types("3", "--predict", "no")
    assert started.exit_code == 0, started.output
    report = running(learner.state)
    assert report
    assert report.page
    address, origin = f"{report.page.address}lab", {"Origin": report.page.root}
    assert "Lab 3: Born with nothing" in requests.get(address, timeout=20).text

    def check() -> str:
        return requests.post(address, data={"act": "check"}, headers=origin, timeout=200).text

    failed = check()
    assert "Not yet." in failed
    assert "thumbnailer: read a blob in containers/originals" in failed
    assert "You said no. The check answers once the lab is solved." in failed
    learner.deploys(SNAPSHOT.read_text())
    passed = check()
    assert "The lab is solved." in passed
    assert "You said no. It is yes:" in passed
