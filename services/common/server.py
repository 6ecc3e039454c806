"""Hooks for gunicorn: settings are checked before it listens, threads start after the fork.

Threads and connections do not survive a fork. So create_app() only builds the components of a
service, and each worker process starts and stops them.
"""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol

from flask import Flask
from flask.typing import ResponseReturnValue
from gunicorn.http import errors
from gunicorn.util import write_error
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.exceptions import BadRequest

log = logging.getLogger(__name__)

_STATUSES = {
    errors.LimitRequestLine: 414,
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.InvalidResponseHeader: 500,
    errors.InvalidResponseHeaderName: 500,
    errors.UnsupportedTransferCoding: 501,
    errors.ParseException: 400,
}


class Component(Protocol):
    """A part of a service that has threads or connections."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threaded worker, which neither logs nor returns a malformed request.

    Such a request may hold a token or a secret. gunicorn's own worker repeats it in both places.
    """

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer a request that failed outside of the application."""
        status = next((code for kind, code in _STATUSES.items() if isinstance(exc, kind)), 500)
        if status == 500:
            self.log.error("A request failed", exc_info=exc)
        else:
            self.log.warning("A request could not be read: %s", type(exc).__name__)
        with suppress(OSError):  # the client may have disconnected
            write_error(client, status, HTTPStatus(status).phrase, "")


def init_app(app: Flask, *components: Component) -> None:
    """Let each worker process start these components in order, and stop them in reverse order."""
    app.extensions["components"] = components

    @app.errorhandler(errors.ParseException)
    def malformed_body(_: Exception) -> ResponseReturnValue:
        return app.handle_http_exception(BadRequest())  # without the body, which may be anything

    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        log.warning("flask run starts no consumer and proves no right: use gunicorn")


def validate_settings(load: Callable[[Mapping[str, str]], object]) -> Callable[[Any], None]:
    """Return an on_starting hook that ends gunicorn with the message of a ValueError."""

    def on_starting(server: Any) -> None:
        try:
            load(os.environ)
        except ValueError as error:
            sys.exit(str(error))

    return on_starting


def start(worker: Any) -> None:
    """Start the service's components: gunicorn's post_worker_init."""
    for component in worker.wsgi.extensions.get("components", ()):
        component.start()


def stop(server: Any, worker: Any) -> None:
    """Stop the service's components: gunicorn's worker_exit."""
    app = getattr(worker, "wsgi", None)  # None in the master, which calls this for killed workers
    for component in reversed(app.extensions.get("components", ()) if app else ()):
        component.stop()
