"""Commands that put photos through the services: they know the sample's, and no others."""

from cli.terminal import USAGE, fail, one_sentence
from sandbox.deployment import SnapshotError, app_names

# What a photo passes, in this order.
PIPELINE = ("gateway", "thumbnailer", "catalog", "notifier")


def is_the_sample() -> bool:
    """Tell whether the snapshot is that of the sample's services. Raises SnapshotError."""
    return set(PIPELINE) <= set(app_names())


def needs_the_sample(command: str) -> None:
    """End a command that is about photos where the deployment is not that of the sample."""
    with one_sentence(SnapshotError):
        deployed = app_names()
    if missing := [each for each in PIPELINE if each not in deployed]:
        fail(
            f"{command} puts the sample's photos through {', '.join(PIPELINE)}, and this deployment"
            f" has {', '.join(deployed)} without {', '.join(missing)}; up, access, explain, trace,"
            " doctor and redrive work with any",
            USAGE,
        )
