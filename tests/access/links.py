"""The SDK's senders and receivers of the entities that the table names."""

import re
from functools import cache
from typing import Any

from azure.servicebus import ServiceBusClient, ServiceBusSender

from local.questions.asker import receiver_of
from local.questions.cbs import audience_of
from sandbox.deployment import Rule, as_compiled
from tests.access.actor import Actor

__all__ = ["by_namespace", "passing", "receiver_of", "sender_to"]


def sender_to(client: ServiceBusClient, entity: str) -> ServiceBusSender:
    """Return a sender to a queue of this name; if there is none, to a topic."""
    is_queue = entity in _queues()
    return client.get_queue_sender(entity) if is_queue else client.get_topic_sender(entity)


def by_namespace(actor: Actor, sender: ServiceBusSender) -> ServiceBusSender:
    """Make a sender put its token for the namespace: one for a missing entity is refused."""
    private: Any = sender
    private._auth_uri = audience_of(actor, "")
    return sender


def passing(entity: str) -> str:
    """A subject that the first rule of a subscription lets pass: its label, or a word of its SQL.

    Any will do for a queue, and where there is no rule.
    """
    for rule in _rules().get(entity, ())[:1]:
        if rule.correlation:
            return rule.correlation.label or ""
        if quoted := re.search(r"'([^']+)'", rule.sql or ""):
            return quoted[1]
    return ""


@cache
def _queues() -> frozenset[str]:
    return frozenset(each.name for each in as_compiled().bus.queues)


@cache
def _rules() -> dict[str, tuple[Rule, ...]]:
    topics = as_compiled().bus.topics
    return {
        f"{topic.name}/{each.name}": each.rules for topic in topics for each in topic.subscriptions
    }
