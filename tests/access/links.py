"""The SDK's senders and receivers of the entities that the table names."""

from azure.servicebus import ServiceBusClient, ServiceBusSender

from local.questions.links import receiver_of
from tests.access.table import UPLOADS

__all__ = ["receiver_of", "sender_to"]


def sender_to(client: ServiceBusClient, entity: str) -> ServiceBusSender:
    """A sender to the queue or to a topic."""
    is_queue = entity == UPLOADS
    return client.get_queue_sender(entity) if is_queue else client.get_topic_sender(entity)
