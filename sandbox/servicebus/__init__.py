"""Azure Service Bus on a laptop: AMQP 1.0, tokens over CBS, every role assignment enforced.

The walk of a link: authenticate (authenticate.py), name (name.py), decide (decide.py), serve
(serve/), one after the other in walk.py.
"""

from sandbox.servicebus.limits import Limits
from sandbox.servicebus.serve.rules import RuleError
from sandbox.servicebus.serve.store import StoreError
from sandbox.servicebus.service import ServiceBus

__all__ = ["Limits", "RuleError", "ServiceBus", "StoreError"]
