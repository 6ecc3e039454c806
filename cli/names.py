"""`keyless names`: the host names that lead to the sandbox."""

import json
from typing import Annotated

import typer

from cli.options import SnapshotOption, StateOption, open_state
from cli.terminal import one_sentence, out
from sandbox.deployment.given_snapshot import deployment_of
from sandbox.supervisor.names import hosts


def names(
    state: StateOption = None,
    snapshot: SnapshotOption = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON list, as for a compose file's aliases.")
    ] = False,
) -> None:
    """List the deployment's host names, under which a container can reach the sandbox.

    See docs/your-containers.md. Needs no running sandbox.
    """
    with one_sentence(KeyError, ValueError, OSError):
        found = sorted(hosts(deployment_of(open_state(state), snapshot)))
    out.print(json.dumps(found) if json_ else "\n".join(found), markup=False, soft_wrap=True)
