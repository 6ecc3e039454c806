"""Handle its dead letters again, under its own rights: python -m services.notifier.redrive."""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.common import logs, redrive
from services.common.credential import open_credential
from services.notifier.app import open_partner, open_receiver
from services.notifier.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[ServiceBusReceiver, redrive.Handler]]:
    """Open the dead letters, with what handles them; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(client_id=None)
    with open_receiver(settings, credential, dead_letters=True) as receiver:
        yield receiver, open_partner(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("notifier", opened())
