"""Handle its dead letters again, with its own rights: python -m services.archiver.redrive."""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.archiver.app import keeper, open_archive
from services.archiver.settings import Settings
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
        yield receiver, keeper(open_archive(settings, credential))


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("archiver", opened())
