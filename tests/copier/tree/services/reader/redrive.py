"""Handle its dead letters again, under its own rights: python -m services.reader.redrive."""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.common import bus, logs, redrive
from services.common.credential import open_credential
from services.reader.app import open_reader
from services.reader.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[ServiceBusReceiver, redrive.Handler]]:
    """Open the dead letters, with what handles them; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(settings.client_id)
    with bus.queue_receiver(
        settings.namespace, credential, settings.queue, dead_letters=True
    ) as receiver:
        yield receiver, open_reader(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("reader", opened())
