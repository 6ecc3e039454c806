"""The notifier: tells a partner outside of Azure what became of each photo."""

from contextlib import AbstractContextManager
from functools import partial

from azure.core.credentials import TokenCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusReceiver
from flask import Flask

from services.common import bus, health, logs, web
from services.common.consumer import Consumer, Patience
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.server import add_parts
from services.common.session import open_session
from services.common.telemetry import Telemetry
from services.common.vault import CachedSecret
from services.notifier.settings import Settings
from services.notifier.webhook import Partner

PATIENCE = Patience(first=2, longest=3600, total=24 * 3600)
# The SDK's own is 300 s for each of four attempts, too long to wait for what is known already.
PATIENCE_WITH_VAULT = {"connection_timeout": 5, "read_timeout": 10, "retry_total": 2}


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(client_id=None)  # system-assigned: there is no id to name
    telemetry = Telemetry("notifier", credential, logs.known)
    partner = open_partner(settings, credential)
    receiver = partial(open_receiver, settings, credential)
    handle = telemetry.follow(partner.handle, f"{settings.topic}/{settings.subscription}")
    events = Consumer("events", receiver, handle, PATIENCE, in_hand=8)
    readiness = health.Readiness(proofs(settings, partner.key, events))
    app = build(readiness, events)
    add_parts(app, telemetry.watching(app), events, readiness)
    return app


def open_partner(settings: Settings, credential: TokenCredential) -> Partner:
    """Return the partner and the key for it; nothing is connected yet."""
    client = SecretClient(settings.vault, credential, **PATIENCE_WITH_VAULT)
    key = CachedSecret(client, settings.secret)
    return Partner(settings.partner, key, open_session())


def open_receiver(
    settings: Settings, credential: TokenCredential, *, dead_letters: bool = False
) -> AbstractContextManager[ServiceBusReceiver]:
    """Return a receiver of the service's subscription, or of its dead letters."""
    names = (settings.topic, settings.subscription)
    return bus.subscription_receiver(
        settings.namespace, credential, *names, dead_letters=dead_letters
    )


def proofs(settings: Settings, key: CachedSecret, events: Consumer) -> list[Proof]:
    """Return each right of the notifier with the mildest request that shows it."""
    return [
        Proof("get", f"secret {settings.secret}", key.get),
        Proof("receive", f"{settings.topic}/subscriptions/{settings.subscription}", events.prove),
    ]


def build(readiness: health.Readiness, events: Consumer) -> Flask:
    """Build the application around its health."""
    app = Flask(__name__)
    web.install(app)
    app.register_blueprint(health.blueprint(readiness, events.is_alive))
    return app
