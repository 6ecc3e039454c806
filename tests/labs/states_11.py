"""The wrong ways to solve lab 11: the key outside the vault, too much, one without the other."""

from dataclasses import replace

from cli.lab.folders import copy_files
from tests.labs.learner import Learner, Wrong, files, over_granted


def solved_and(wrong: Wrong) -> Wrong:
    """Return a wrong way that begins with the solved files."""

    def act(learner: Learner) -> None:
        assert learner.lab.solution is not None
        copy_files(learner.lab.solution, learner.folder.work)
        wrong.act(learner)

    return replace(wrong, act=act)


WRONG = (
    files("cards-alone", says="the partner answered 401"),
    files("wrong-card", says="'identity' is not it"),
    files("key-in-a-file", says="the key is outside the vault"),
    files("token-and-signature", says="only the vault needs one"),
    files("lists-the-vault", says="denied, and not needed"),
    solved_and(over_granted("gateway", "Key Vault Secrets User", "vault")),
)
