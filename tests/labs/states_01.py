"""Wrong ways to mend lab 1."""

from sandbox.deployment import load
from tests.labs.learner import Learner, Wrong, files


def _the_gateway_for_all(learner: Learner) -> None:
    """Print the gateway's true ids under each identity."""
    files("typed_in").act(learner)
    badge = learner.folder.work / "badge.py"
    gateway = load(learner.state).principal("gateway")
    text = badge.read_text("utf-8").replace("str(uuid.UUID(int=1))", repr(gateway.client_id))
    badge.write_text(text.replace("str(uuid.UUID(int=2))", repr(gateway.principal_id)), "utf-8")


WRONG = (
    files("typed_in", says="is not it"),
    Wrong("the gateway's ids for all", _the_gateway_for_all, says="is not it"),
    files("both_badges", says="it asks for"),
    files("half_done", says="before a role was looked up"),
)
