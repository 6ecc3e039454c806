"""What Service Bus answers where nobody has seen Azure: each gives the answer by its name."""

from tests.access.actor import Probe

PROBES: dict[str, Probe] = {}
