"""Structured logs: one JSON object a line on stdout, with the photo's id wherever there is one."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A record as one line; what was passed as `extra` becomes a key of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def config() -> dict[str, Any]:
    """Return the configuration for logging.config.dictConfig, or gunicorn's logconfig_dict.

    The SDKs and urllib3 log each request below WARNING, headers and addresses included.
    """
    quiet = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"level": "INFO", "handlers": ["stdout"]},
        "loggers": {
            "azure": quiet,
            "azure.identity": {"level": "ERROR"},  # it warns of what it raises anyway
            "urllib3": quiet,
            "websocket": quiet,
            "PIL": quiet,
            "gunicorn.error": {"level": "INFO"},
        },
    }
