"""Structured logs: one JSON object a line on stdout, with what is known of a request or message."""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask import g, has_app_context

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_known: ContextVar[Mapping[str, object]] = ContextVar("known", default={})  # noqa: B039


def know(**facts: object) -> None:
    """Put these facts, and no earlier ones, on each record of this request or message.

    In a request they are kept with Flask's own, and end with it; a thread serves many.
    """
    if has_app_context():
        g.known = facts
    else:
        _known.set(facts)


def known() -> Mapping[str, object]:
    """Return what is known of this request or message."""
    facts: Mapping[str, object] = g.get("known", {}) if has_app_context() else _known.get()
    return facts


class JsonFormatter(logging.Formatter):
    """A record as one line; what is known, or was passed as `extra`, is a key of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= known()
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
            "pyvips": quiet,
            "gunicorn.error": {"level": "INFO", "propagate": True},  # gunicorn has turned it off
        },
    }
