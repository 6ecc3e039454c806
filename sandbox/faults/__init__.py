"""Faults that are put upon a running sandbox: Azure's errors, delays and lost connections.

A fault stands in front of a plane and knows its callers by the tokens that they show. No plane
knows of it.
"""

from sandbox.faults.active import USUAL, ActiveFault, Faults, Target, seconds_of, target_of
from sandbox.faults.catalogue import FAULTS, Fault, FaultError, fault
from sandbox.faults.incident import Planned, incident

__all__ = [
    "FAULTS",
    "USUAL",
    "ActiveFault",
    "Fault",
    "FaultError",
    "Faults",
    "Planned",
    "Target",
    "fault",
    "incident",
    "seconds_of",
    "target_of",
]
