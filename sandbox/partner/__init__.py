"""The partner outside Azure, which receives signed webhooks from a service.

This package exports its journal and faults for commands. `receiver` is the partner's server.
"""

from sandbox.partner.fault import Fault
from sandbox.partner.journal import Delivery

__all__ = ["Delivery", "Fault"]
