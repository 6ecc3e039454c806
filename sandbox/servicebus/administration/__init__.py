"""The management of a namespace over HTTPS: its queues, topics, subscriptions and rules.

Azure calls it the entities API; `ServiceBusAdministrationClient` speaks it. Each change is drift
from the deployment: the state keeps it, and the next deployment undoes it where they differ.
https://learn.microsoft.com/rest/api/servicebus/entities-management
"""

from sandbox.servicebus.administration.address import address_of
from sandbox.servicebus.administration.counts import Counts
from sandbox.servicebus.administration.entities import Entities
from sandbox.servicebus.administration.plane import Administration, requirements

__all__ = ["Administration", "Counts", "Entities", "address_of", "requirements"]
