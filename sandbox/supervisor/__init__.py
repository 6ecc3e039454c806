"""Runs the sandbox and the services, looks after them, and tells how they are."""

from sandbox.supervisor.clock import NeverBack
from sandbox.supervisor.developer import AsDeveloper, Az, Developer, SignInError
from sandbox.supervisor.elsewhere import AddressError, Elsewhere
from sandbox.supervisor.lock import holder
from sandbox.supervisor.operator import Operator, SigningKeyError
from sandbox.supervisor.report import Report, ServiceReport, SignInReport, running
from sandbox.supervisor.run import ENDINGS, StartError, run
from sandbox.supervisor.surroundings import OF_AN_IDENTITY, of_any_process, sign_in_apart, way_to

__all__ = [
    "ENDINGS",
    "OF_AN_IDENTITY",
    "AddressError",
    "AsDeveloper",
    "Az",
    "Developer",
    "Elsewhere",
    "NeverBack",
    "Operator",
    "Report",
    "ServiceReport",
    "SignInError",
    "SignInReport",
    "SigningKeyError",
    "StartError",
    "holder",
    "of_any_process",
    "run",
    "running",
    "sign_in_apart",
    "way_to",
]
