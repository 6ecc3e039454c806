"""Handle its dead letters again, under its own rights: python -m services.catalog.redrive."""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.catalog.app import open_index, open_receiver
from services.catalog.settings import Settings
from services.common import logs, redrive
from services.common.credential import open_credential


@contextmanager
def opened() -> Iterator[tuple[ServiceBusReceiver, redrive.Handler]]:
    """Open the dead letters, with what handles them; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(settings.client_id)
    with open_receiver(settings, credential, dead_letters=True) as receiver:
        yield receiver, open_index(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("catalog", opened())
