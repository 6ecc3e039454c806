"""Hooks for gunicorn: settings are checked before it listens, threads and links come after fork.

A thread or a connection does not survive a fork. So create_app() only builds the parts of a
service, and a worker process starts and stops them.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flask import Flask


class Part(Protocol):
    """Something with threads or links of its own."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


def add_parts(app: Flask, *parts: Part) -> None:
    """Remember what a worker process starts, in this order, and stops in the reverse one."""
    app.extensions["parts"] = parts


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
