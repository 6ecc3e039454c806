"""Handle its dead letters again, under its own rights: python -m services.notifier.redrive."""

import logging.config
import sys

from services.common import logs
from services.common.consumer import redrive
from services.common.credential import open_credential
from services.notifier.app import open_partner, open_receiver
from services.notifier.settings import Settings


def main() -> None:
    """Redrive, and say how many dead letters were handled and how many are left."""
    logging.config.dictConfig(logs.config())
    try:
        settings = Settings.load()
    except ValueError as error:
        sys.exit(str(error))
    credential = open_credential(client_id=None)
    partner = open_partner(settings, credential)
    with open_receiver(settings, credential, dead_letters=True) as receiver:
        handled, left = redrive(receiver, partner.handle)
    print(f"notifier: {handled} dead letters handled, {left} left")


if __name__ == "__main__":
    main()
