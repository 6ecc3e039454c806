"""Runs the sandbox and the services, looks after them, and tells how they are.

Here is what a command needs that looks at a sandbox; what runs one is in `run` and the modules
that it leads to, half of the time that such a command would take to start.
"""

from sandbox.supervisor.developer import AsDeveloper, Az, Developer, SignInError
from sandbox.supervisor.endings import ENDINGS
from sandbox.supervisor.lock import holder
from sandbox.supervisor.processes import Child, Program
from sandbox.supervisor.report import Report, ServiceReport, SignInReport, running
from sandbox.supervisor.surroundings import (
    DEVELOPER,
    OF_AN_IDENTITY,
    of_any_process,
    sign_in_apart,
    way_to,
)

__all__ = [
    "DEVELOPER",
    "ENDINGS",
    "OF_AN_IDENTITY",
    "AsDeveloper",
    "Az",
    "Child",
    "Developer",
    "Program",
    "Report",
    "ServiceReport",
    "SignInError",
    "SignInReport",
    "holder",
    "of_any_process",
    "running",
    "sign_in_apart",
    "way_to",
]
