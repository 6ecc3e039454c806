"""The entities that a test asks for, created by the management client of the SDK itself."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from azure.identity import DefaultAzureCredential
from azure.servicebus.management import ServiceBusAdministrationClient


@cache
def _client() -> ServiceBusAdministrationClient:
    namespace = os.environ["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"]
    return ServiceBusAdministrationClient(namespace, DefaultAzureCredential())


def create_queue(name: str, settings: Mapping[str, Any]) -> None:
    """Create a queue."""
    _client().create_queue(name, **settings)


def create_topic(name: str, settings: Mapping[str, Any]) -> None:
    """Create a topic."""
    _client().create_topic(name, **settings)


def create_subscription(topic: str, name: str, settings: Mapping[str, Any]) -> None:
    """Create a subscription of a topic."""
    _client().create_subscription(topic, name, **settings)
