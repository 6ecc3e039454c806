"""Wrong ways to mend lab 2."""

import json
from dataclasses import replace

from cli.lab.breakage import broken
from cli.lab.course import Break
from sandbox.deployment import SNAPSHOT, as_compiled
from tests.labs.learner import Learner, Wrong, files, over_granted


def _leave_the_account_open(learner: Learner) -> None:
    """Solve all else."""
    learner.takes_solved_files()
    lab = replace(learner.lab, broken=Break(properties=learner.lab.broken.properties))
    learner.deploys(json.dumps(broken(json.loads(SNAPSHOT.read_text()), lab, as_compiled())))


WRONG = (
    over_granted("notifier", "Contributor", "account"),
    files("key_by_the_role", says="it works by"),
    files("number_by_heart", says="it works by no request"),
    Wrong("the account left open", _leave_the_account_open, says="the account accepts its keys"),
)
