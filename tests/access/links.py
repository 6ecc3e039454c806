"""The SDK's senders and receivers of the entities that the table names."""

from typing import Any

from azure.servicebus import ServiceBusClient, ServiceBusReceiver, ServiceBusSender

from tests.access.table import UPLOADS


def receiver_of(client: ServiceBusClient, entity: str, **options: Any) -> ServiceBusReceiver:
    """A receiver of a queue, or of what is called topic/subscription."""
    topic, _, subscription = entity.partition("/")
    if subscription:
        return client.get_subscription_receiver(topic, subscription, **options)
    return client.get_queue_receiver(entity, **options)


def sender_to(client: ServiceBusClient, entity: str) -> ServiceBusSender:
    """A sender to the queue or to a topic."""
    is_queue = entity == UPLOADS
    return client.get_queue_sender(entity) if is_queue else client.get_topic_sender(entity)
