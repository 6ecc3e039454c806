"""Handle its dead letters again, with its own rights: python -m services.catalog.redrive."""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.catalog.app import open_index
from services.catalog.settings import Settings
from services.common import bus, logs, redrive
from services.common.credential import open_credential


@contextmanager
def opened() -> Iterator[tuple[ServiceBusReceiver, redrive.Handler]]:
    """Open a receiver of the dead letters, with their handler; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(settings.client_id)
    entity = settings.topic, settings.subscription
    with bus.subscription_receiver(
        settings.namespace, credential, *entity, dead_letters=True
    ) as receiver:
        yield receiver, open_index(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("catalog", opened())
