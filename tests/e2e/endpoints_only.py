"""An environment without apps: `python -m tests.e2e.endpoints_only STATE`.

The endpoints are where a sandbox has them, on loopback and free ports, and no service is started.
"""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from local.services import SAMPLE
from sandbox.state import State
from sandbox.supervisor.options import Options
from sandbox.supervisor.remote_services import ListenAddress, RemoteServices
from sandbox.supervisor.run import run


@dataclass(frozen=True)
class NoServices(RemoteServices):
    """An environment without services."""

    def listen_address(self, _state: State) -> ListenAddress:
        return ListenAddress()


if __name__ == "__main__":
    state = State.open(Path(sys.argv[1]))
    services = NoServices("localhost", state.folder("environments"))
    options = Options(SAMPLE, gallery_port=0, remote=services)
    asyncio.run(run(state, options, lambda report: None))
