"""Handle its dead letters again, under its own rights: python -m services.catalog.redrive."""

import logging.config
import sys

from services.catalog.app import open_index, open_receiver
from services.catalog.settings import Settings
from services.common import logs
from services.common.consumer import redrive
from services.common.credential import open_credential


def main() -> None:
    """Redrive, and say how many dead letters were handled and how many are left."""
    logging.config.dictConfig(logs.config())
    try:
        settings = Settings.load()
    except ValueError as error:
        sys.exit(str(error))
    credential = open_credential(settings.client_id)
    index = open_index(settings, credential)
    with open_receiver(settings, credential, dead_letters=True) as receiver:
        handled, left = redrive(receiver, index.handle)
    print(f"catalog: {handled} dead letters handled, {left} left")


if __name__ == "__main__":
    main()
