"""Structured logs: one JSON object a line on stdout, with facts about the request or message."""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask import Flask, g, has_app_context, request

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_bound: ContextVar[Mapping[str, object]] = ContextVar("bound", default={})  # noqa: B039


def init_app(app: Flask) -> None:
    """Put the arguments of a route, such as an id, on each record of its requests."""

    @app.before_request
    def bind_view_args() -> None:
        bind(**{name: str(value) for name, value in (request.view_args or {}).items()})


def bind(**facts: object) -> None:
    """Put these facts, and no earlier ones, on each record of this request or message.

    In a request they live in `flask.g`, and end with it: a thread serves many requests.
    """
    if has_app_context():
        g.bound = facts
    else:
        _bound.set(facts)


def bound() -> Mapping[str, object]:
    """Return the facts about this request or message."""
    facts: Mapping[str, object] = g.get("bound", {}) if has_app_context() else _bound.get()
    return facts


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; bound facts and each `extra` are keys of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= bound()
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def config() -> dict[str, Any]:
    """Return the configuration for logging.config.dictConfig, or gunicorn's logconfig_dict.

    Below WARNING, the SDKs and urllib3 log each request with its headers and addresses.
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
            "azure.identity": {"level": "ERROR"},  # it warns before it raises the same
            "urllib3": quiet,
            "websocket": quiet,
            "pyvips": quiet,
            "gunicorn.error": {"level": "INFO", "propagate": True},  # gunicorn turns this off
        },
    }
