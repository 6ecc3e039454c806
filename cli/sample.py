"""The check that the deployment is the sample's, for commands that need its services."""

from cli.terminal import USAGE, fail, one_sentence
from sandbox.deployment import SNAPSHOT, app_names, source
from sandbox.state import State

# The services that a photo passes through, in order.
PIPELINE = ("gateway", "thumbnailer", "catalog", "notifier")


def is_the_sample() -> bool:
    """Return whether the snapshot has the sample's services. Raises SnapshotError."""
    return set(PIPELINE) <= set(app_names())


def needs_the_sample(command: str, state: State | None = None) -> None:
    """End a command that is about photos where the deployment is not the sample's.

    `state` may have been given another deployment than the project's.
    """
    with one_sentence(ValueError):
        deployed = app_names()
        other = source(state) if state is not None else SNAPSHOT
    if other != SNAPSHOT:
        fail(
            f"{command} needs the sample's services, and {state and state.root} has the deployment"
            f" of {other}; choose another folder by --state",
            USAGE,
        )
    if missing := [each for each in PIPELINE if each not in deployed]:
        fail(
            f"{command} needs the sample's services, and this deployment has"
            f" {', '.join(deployed)} without {', '.join(missing)}; up, access, explain, trace,"
            " doctor and redrive work with any deployment",
            USAGE,
        )
