"""The partner whom a service tells of its work: outside Azure, so a signature has to do."""

from sandbox.partner.journal import Delivery
from sandbox.partner.mood import Mood
from sandbox.partner.receiver import Partner

__all__ = ["Delivery", "Mood", "Partner"]
