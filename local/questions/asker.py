"""The SDK's clients and tokens with one credential, in one environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any

from azure.core.credentials import TokenCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusClient, ServiceBusReceiver
from azure.storage.blob import BlobServiceClient

from sandbox.deployment import Deployment
from services.common import bus

STORAGE = "https://storage.azure.com"


@dataclass(frozen=True)
class Hosts:
    """The host names of the data services."""

    account: str
    vault: str
    namespace: str


@dataclass(frozen=True)
class Entities:
    """The entities that the questions are about; a subscription is written topic/subscription."""

    originals: str
    thumbnails: str
    queue: str
    topic: str
    subscriptions: tuple[str, ...]
    secret: str = ""

    @property
    def known(self) -> bool:
        """Return whether the deployment has all of them, as the sample does."""
        return all(astuple(self))

    @classmethod
    def of(cls, deployment: Deployment) -> "Entities":
        """Return those in the settings of the sample's services; empty for other deployments."""
        settings = {
            name: value for app in deployment.apps for name, value in app.environment.items()
        }
        return cls(
            originals=settings.get("STORAGE_ORIGINALS_CONTAINER", ""),
            thumbnails=settings.get("STORAGE_THUMBNAILS_CONTAINER", ""),
            queue=settings.get("SERVICEBUS_QUEUE_NAME", ""),
            topic=settings.get("SERVICEBUS_TOPIC_NAME", ""),
            subscriptions=tuple(
                f"{topic.name}/{each.name}"
                for topic in deployment.bus.topics
                for each in topic.subscriptions
            ),
            secret=settings.get("WEBHOOK_SECRET_NAME", ""),
        )


@dataclass
class Asker:
    """Clients with one credential. They do not retry: a refusal is an answer."""

    credential: TokenCredential
    hosts: Hosts
    entities: Entities

    @cached_property
    def account(self) -> BlobServiceClient:
        return BlobServiceClient(
            f"https://{self.hosts.account}", self.credential, retry_total=0, read_timeout=30
        )

    @cached_property
    def vault(self) -> SecretClient:
        return SecretClient(f"https://{self.hosts.vault}", self.credential, retry_total=0)

    @contextmanager
    def bus(self) -> Iterator[ServiceBusClient]:
        """Open a client for one use, since rights are checked when a link attaches."""
        with bus.open_client(self.hosts.namespace, self.credential) as client:
            yield client


def receiver_of(client: ServiceBusClient, entity: str, **options: Any) -> ServiceBusReceiver:
    """Return a receiver of a queue, or of a subscription called topic/subscription."""
    topic, _, subscription = entity.partition("/")
    if subscription:
        return client.get_subscription_receiver(topic, subscription, **options)
    return client.get_queue_receiver(entity, **options)


def token_for(credential: TokenCredential, audience: str) -> str:
    """Return a token for `audience`. Raises ClientAuthenticationError."""
    return credential.get_token(f"{audience}/.default").token


def with_wrong_signature(token: str) -> str:
    """Return the token, still well formed, with a signature that does not verify."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
