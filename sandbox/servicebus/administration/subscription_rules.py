"""The rules of one subscription, as `$management` changes them: with the right to receive alone.

https://learn.microsoft.com/dotnet/api/azure.messaging.servicebus.servicebusrulemanager
"""

from dataclasses import dataclass, replace
from typing import Protocol

from sandbox.deployment import Namespace
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import changes
from sandbox.servicebus.administration.address import Address, Kind
from sandbox.servicebus.administration.changes import Request
from sandbox.servicebus.administration.entities import RULE, Entities, EntityDrift, resource_id
from sandbox.servicebus.administration.rule_description import RuleDescription

_MORE = "To know more visit https://aka.ms/sbResourceMgrExceptions. "


class Managed(Protocol):
    """The bus whose entities change."""

    entities: Entities

    def manage(self, drift: EntityDrift) -> None:
        """Put a change of entities into force. Raises RuleError, or Refusal 503."""


@dataclass(frozen=True)
class SubscriptionRules:
    """The rules of the subscription at `address`, changed by the principal `by`."""

    bus: Managed
    address: Address
    by: str

    @classmethod
    def of(cls, bus: Managed, scope: str, by: str) -> "SubscriptionRules | None":
        """Return the rules of the subscription with this resource id, None if there is none."""
        address = _address(bus.entities.namespace, scope)
        return cls(bus, address, by) if address else None

    def add(self, name: str, described: RuleDescription) -> None:
        """Create a rule. Raises Refusal 400 or 409, and as `manage` does."""
        asked = self._asked(name)
        namespace = self.bus.entities.namespace
        if changes.find(namespace, asked.address):
            raise Refusal(409, "", _exists(namespace, asked.address), "the rule exists")
        changes.check_name(asked.address)
        self.bus.manage(changes.put_rule(self.bus.entities, asked, described))

    def remove(self, name: str) -> None:
        """Delete a rule. Raises Refusal 404, and as `manage` does."""
        asked, namespace = self._asked(name), self.bus.entities.namespace
        path = (asked.address.entity, asked.address.subscription, name)
        scope = resource_id(namespace.id, RULE, *path)
        self.bus.manage(changes.delete(self.bus.entities, asked, scope).drift)

    def _asked(self, name: str) -> Request:
        return Request(replace(self.address, kind=Kind.RULE, rule=name), self.by)


def _address(namespace: Namespace, scope: str) -> Address | None:
    for topic in namespace.topics:
        for each in topic.subscriptions:
            if each.id.lower() == scope.lower():
                return Address(Kind.SUBSCRIPTION, topic.name, each.name)
    return None


def _exists(namespace: Namespace, address: Address) -> str:
    """Return Azure's text: Particular/NServiceBus.AzureFunctions.InProcess.ServiceBus#748."""
    names = f"{address.entity}|{address.subscription}|{address.rule}"
    return f"The messaging entity '{namespace.name}:Topic:{names}' already exists. {_MORE}"
