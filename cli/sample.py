"""The check that the deployment is the sample's, for commands that need its services."""

from cli.terminal import USAGE, fail, one_sentence
from sandbox.deployment import SnapshotError, app_names

# The services that a photo passes through, in order.
PIPELINE = ("gateway", "thumbnailer", "catalog", "notifier")


def is_the_sample() -> bool:
    """Return whether the snapshot has the sample's services. Raises SnapshotError."""
    return set(PIPELINE) <= set(app_names())


def needs_the_sample(command: str) -> None:
    """End a command that is about photos where the deployment is not the sample's."""
    with one_sentence(SnapshotError):
        deployed = app_names()
    if missing := [each for each in PIPELINE if each not in deployed]:
        fail(
            f"{command} needs the sample's services, and this deployment has"
            f" {', '.join(deployed)} without {', '.join(missing)}; up, access, explain, trace,"
            " doctor and redrive work with any deployment",
            USAGE,
        )
