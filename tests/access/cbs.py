"""Senders that live by a token for another audience than their own."""

from typing import Any

from azure.servicebus import ServiceBusSender

from local.questions.cbs import audience_of
from tests.access.actor import Actor


def by_namespace(actor: Actor, sender: ServiceBusSender) -> ServiceBusSender:
    """Let a sender put its token for the namespace: for no entity, one may not be taken."""
    inside: Any = sender
    inside._auth_uri = audience_of(actor, "")
    return sender
