"""The wrong ways to mend lab 10: one cure for everything, no cure for a removal, a role by hand."""

import os
import subprocess

from cli.lab.folders import copy_files
from local.az_commands import built_in_guid, create_assignment, in_sandbox
from sandbox.state import PROJECT
from tests.labs.learner import Learner, Wrong, files

ELSE = "the requests say otherwise"


def opened_by_hand(learner: Learner) -> None:
    """Give the gateway the index, which it asks for and never got; the answers are right."""
    sample = learner.run.deployment
    index = sample.storage.container_id("catalog")
    reader, gateway = built_in_guid("Storage Blob Data Reader"), sample.principal("gateway")
    command = create_assignment(reader, index, gateway.principal_id, gateway.type)
    subprocess.run(
        ["sh", "-e"],
        input="\n".join(in_sandbox([command])),
        cwd=PROJECT,
        env={**os.environ, "KEYLESS_STATE": str(learner.folder.state)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert learner.lab.solution is not None
    copy_files(learner.lab.solution, learner.folder.work)


WRONG = (
    files("waiting", ELSE),
    files("tokens", ELSE),
    files("half", ELSE),
    Wrong("the index by hand", opened_by_hand, "allowed by", "gateway", too_much=True),
)
