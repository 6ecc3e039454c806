"""Handle its dead letters again, with its own rights: python -m services.notifier.redrive."""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.common import bus, logs, redrive
from services.common.credential import open_credential
from services.notifier.app import open_partner
from services.notifier.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[ServiceBusReceiver, redrive.Handler]]:
    """Open a receiver of the dead letters, with their handler; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(client_id=None)
    entity = settings.topic, settings.subscription
    with bus.subscription_receiver(
        settings.namespace, credential, *entity, dead_letters=True
    ) as receiver:
        yield receiver, open_partner(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("notifier", opened())
