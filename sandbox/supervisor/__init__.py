"""The supervisor: runs the sandbox and the services, watches them, and reports their state.

This package exports the names that commands need to look at a running sandbox. Import `run` itself
to run one: its imports would double the start time of such a command.
"""

from sandbox.commands import END_SIGNALS
from sandbox.lock import holder
from sandbox.supervisor.developer import AsDeveloper, Az, Developer, SignInError
from sandbox.supervisor.environment import (
    DEVELOPER,
    IDENTITY_VARIABLES,
    minimal_environment,
    sandbox_variables,
    separate_sign_in,
)
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program
from sandbox.supervisor.report import Report, ServiceReport, SignInReport, running
from sandbox.supervisor.trust import FILE as TRUST

__all__ = [
    "DEVELOPER",
    "END_SIGNALS",
    "IDENTITY_VARIABLES",
    "TRUST",
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
    "minimal_environment",
    "running",
    "sandbox_variables",
    "separate_sign_in",
]
