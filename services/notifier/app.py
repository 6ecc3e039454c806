"""The notifier: tells a partner outside of Azure the outcome for each photo."""

from functools import partial

from azure.core.credentials import TokenCredential
from azure.keyvault.secrets import SecretClient
from flask import Flask

from services.common import bus, health, logs, server, web
from services.common.consumer import Consumer, RetryPolicy
from services.common.credential import open_credential
from services.common.health import Proof, Readiness
from services.common.session import open_session
from services.common.telemetry import Telemetry
from services.common.vault import CachedSecret
from services.notifier.settings import Settings
from services.notifier.webhook import Partner

RETRY_POLICY = RetryPolicy(first=2, longest=3600, total=24 * 3600)
# By default the SDK waits for 300 s in each of four attempts: too long for a key that is cached.
VAULT_OPTIONS = {"connection_timeout": 5, "read_timeout": 10, "retry_total": 2}


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings()
    credential = open_credential(client_id=None)  # system-assigned: no id names it
    telemetry = Telemetry("notifier", credential, logs.bound)
    partner = open_partner(settings, credential)
    entity = settings.topic, settings.subscription
    receiver = partial(bus.subscription_receiver, settings.namespace, credential, *entity)
    handle = telemetry.traced(partner.handle, "/".join(entity))
    events = Consumer("events", receiver, handle, RETRY_POLICY, max_in_flight=8)
    readiness = Readiness(proofs(settings, partner.key, events))
    app = Flask(__name__)
    web.init_app(app)
    health.init_app(app, readiness, events.is_alive)
    telemetry.init_app(app)
    server.init_app(app, telemetry, events, readiness)
    return app


def open_partner(settings: Settings, credential: TokenCredential) -> Partner:
    """Return the partner and its signing key; both connect at their first request."""
    client = SecretClient(settings.vault, credential, **VAULT_OPTIONS)
    return Partner(settings.partner, CachedSecret(client, settings.secret), open_session())


def proofs(settings: Settings, key: CachedSecret, events: Consumer) -> list[Proof]:
    """Return each right of the notifier with the least invasive request that needs it."""
    return [
        Proof("get", f"secret {settings.secret}", key.get),
        Proof("receive", f"{settings.topic}/subscriptions/{settings.subscription}", events.prove),
    ]
