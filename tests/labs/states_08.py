"""The wrong ways to mend lab 8: old roles left, a second identity, another token."""

from dataclasses import replace

from sandbox.deployment import SNAPSHOT
from tests.labs.learner import Learner, Wrong, over_granted

READER = "Storage Blob Data Reader"


def deployed(learner: Learner) -> None:
    learner.deploys(SNAPSHOT.read_text())


def mended(learner: Learner) -> None:
    done = learner.types("solution", "--apply")
    assert done.exit_code == 0, done.output


def mended_and(wrong: Wrong) -> Wrong:
    def act(learner: Learner) -> None:
        mended(learner)
        wrong.act(learner)

    return replace(wrong, act=act)


def with_a_token_of_today(learner: Learner) -> None:
    mended(learner)
    token = learner.run.as_identity("notifier").credential.get_token("https://storage.azure.com")
    (learner.folder.work / "stolen.token").write_text(token.token)


WRONG = (
    Wrong("old roles left", deployed, "allowed by", "gateway (deleted)", too_much=True),
    mended_and(over_granted("notifier", READER, "containers/thumbnails")),
    Wrong("another token", with_a_token_of_today, "not the token that was stolen"),
)
