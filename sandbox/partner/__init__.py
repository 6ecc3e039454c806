"""The partner outside Azure, which receives signed webhooks from a service.

This package exports what commands read of it. `receiver` has the partner itself, with its server.
"""

from sandbox.partner.fault import Fault
from sandbox.partner.journal import Delivery

__all__ = ["Delivery", "Fault"]
