"""The partner outside Azure, which receives signed webhooks from a service."""

from sandbox.partner.fault import Fault
from sandbox.partner.journal import Delivery
from sandbox.partner.receiver import Partner

__all__ = ["Delivery", "Fault", "Partner"]
