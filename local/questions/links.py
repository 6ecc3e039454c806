"""Receivers by the name that this project gives an entity."""

from typing import Any

from azure.servicebus import ServiceBusClient, ServiceBusReceiver


def receiver_of(client: ServiceBusClient, entity: str, **options: Any) -> ServiceBusReceiver:
    """Return a receiver of a queue, or of what is called topic/subscription."""
    topic, _, subscription = entity.partition("/")
    if subscription:
        return client.get_subscription_receiver(topic, subscription, **options)
    return client.get_queue_receiver(entity, **options)
