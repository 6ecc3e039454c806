"""Hooks for gunicorn: settings are checked before it listens, threads and links come after fork.

A thread or a connection does not survive a fork. So create_app() only builds the parts of a
service, and a worker process starts and stops them.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol

from flask import Flask
from gunicorn.http import errors
from gunicorn.util import write_error
from gunicorn.workers.gthread import ThreadWorker

log = logging.getLogger(__name__)

STATUSES = {
    errors.LimitRequestLine: 414,
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.InvalidResponseHeader: 500,
    errors.InvalidResponseHeaderName: 500,
    errors.UnsupportedTransferCoding: 501,
    errors.ParseException: 400,
}


class Part(Protocol):
    """Something with threads or links of its own."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threads, but what of a request cannot be read is neither logged nor sent back.

    It may hold a token or a secret. gunicorn's own worker repeats it in both places.
    """

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that did not reach the application, or whose answer did not leave it."""
        status = next((code for kind, code in STATUSES.items() if isinstance(exc, kind)), 500)
        if status == 500:
            self.log.error("A request failed", exc_info=exc)
        else:
            self.log.warning("A request could not be read: %s", type(exc).__name__)
        with suppress(OSError):  # it may have gone
            write_error(client, status, HTTPStatus(status).phrase, "")


def add_parts(app: Flask, *parts: Part) -> None:
    """Remember what a worker process starts, in this order, and stops in the reverse one."""
    app.extensions["parts"] = parts
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        log.warning("flask run starts no consumer and proves no right; gunicorn does, by its hooks")


def require(load: Callable[[Mapping[str, str]], object]) -> Callable[[Any], None]:
    """Return an on_starting hook that ends gunicorn with the sentence of a ValueError."""

    def on_starting(server: Any) -> None:
        try:
            load(os.environ)
        except ValueError as error:
            sys.exit(str(error))

    return on_starting


def start(worker: Any) -> None:
    """Start the parts of the service: gunicorn's post_worker_init."""
    for part in worker.wsgi.extensions.get("parts", ()):
        part.start()


def stop(server: Any, worker: Any) -> None:
    """Stop the parts of the service: gunicorn's worker_exit."""
    app = getattr(worker, "wsgi", None)  # None in the master, which reports killed workers here
    for part in reversed(app.extensions.get("parts", ()) if app else ()):
        part.stop()
