"""Wrong ways to mend lab 6."""

import json
from dataclasses import replace

from cli.lab.breakage import broken
from cli.lab.course import Break
from sandbox.deployment import SNAPSHOT, as_compiled
from tests.labs.learner import Learner, Wrong, files


def _the_id_of_another(learner: Learner) -> None:
    """Give the gateway the client id of an identity that is not attached to it."""
    learner.takes_solved_files()
    (setting,) = learner.lab.broken.settings
    value = (setting.value or "").replace("id-gateway", "id-thumbnailer")
    other = replace(setting, value=value.replace("principalId", "clientId"))
    lab = replace(learner.lab, broken=Break(settings=[other]))
    learner.deploys(json.dumps(broken(json.loads(SNAPSHOT.read_text()), lab, as_compiled())))


WRONG = (
    files("patient_client", says="requests for a token"),
    files("silent", says="its exit status is 0"),
    files("tries_both", says="Unable to load the proper Managed Identity."),
    Wrong("the id of another", _the_id_of_another, says="No User Assigned"),
)
