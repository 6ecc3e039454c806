"""`keyless down`: end the sandbox and the services. A module of its own, which imports neither."""

from cli.lifecycle import End, end
from cli.options import StateOption, open_state
from cli.terminal import fail, out
from sandbox.supervisor import holder


def down(state: StateOption = None) -> None:
    """End the sandbox and the services."""
    opened = open_state(state)
    pid = holder(opened)
    if pid is None:
        out.print("Nothing is running.")
        return
    match end(opened):
        case End.BY_ITSELF:
            out.print("Ended.")
        case End.KILLED:
            out.print("Killed: it did not end by itself. Everything that it acknowledged is kept.")
        case End.NOT_AT_ALL:
            fail(f"process {pid} cannot be killed; its state folder is {opened.root}.")
