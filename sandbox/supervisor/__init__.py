"""Runs the sandbox and the services, looks after them, and tells how they are."""

from sandbox.supervisor.clock import NeverBack
from sandbox.supervisor.elsewhere import AddressError, Elsewhere
from sandbox.supervisor.lock import holder
from sandbox.supervisor.operator import Operator, SigningKeyError
from sandbox.supervisor.report import Report, ServiceReport, running
from sandbox.supervisor.run import ENDINGS, StartError, run
from sandbox.supervisor.surroundings import of_any_process

__all__ = [
    "ENDINGS",
    "AddressError",
    "Elsewhere",
    "NeverBack",
    "Operator",
    "Report",
    "ServiceReport",
    "SigningKeyError",
    "StartError",
    "holder",
    "of_any_process",
    "run",
    "running",
]
