"""The logs of the SDK, as its tests read them."""

import io
import logging
from typing import Any

LOGGER = "azure.storage"


def show() -> None:
    """Write all records of the SDK to the standard error, which pytest captures."""
    logger = logging.getLogger(LOGGER)
    logger.handlers = [logging.StreamHandler()]
    logger.setLevel(logging.DEBUG)
    logger.propagate = True
    logger.disabled = False


class LogCaptured:
    """Collects the SDK's records in a block."""

    def __init__(self, _: object = None) -> None:
        self._stream = io.StringIO()
        self._handler = logging.StreamHandler(self._stream)

    def __enter__(self) -> io.StringIO:
        show()
        logging.getLogger(LOGGER).addHandler(self._handler)
        return self._stream

    def __exit__(self, *_: Any) -> None:
        logging.getLogger(LOGGER).removeHandler(self._handler)
