"""A service in small, with nothing but its telemetry: three requests, and a report at the end.

Run by test_exporter.py as a process of its own, since telemetry is set up once for a process.
"""

import json
import logging.config
import os
import sys
import threading
import time
from typing import Any

from azure.core.credentials import AccessToken
from flask import Flask

from services.common import logs
from services.common.telemetry import Telemetry


class Known:
    """A credential whose token is known already."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(os.environ["KNOWN_TOKEN"], int(time.time()) + 3600)


def main() -> None:
    logging.config.dictConfig(logs.config())
    app = Flask(__name__)

    @app.get("/photos")
    def photos() -> str:
        logs.bind(photo="6f1d")
        logging.getLogger("services").info("asked")
        return "some"

    @app.get("/readyz")
    def readyz() -> str:
        return "ready"

    telemetry = Telemetry("gateway", Known(), logs.bound)
    telemetry.init_app(app)
    telemetry.start()
    answers = [_ask(app, "/photos") for _ in range(3)] + [_ask(app, "/readyz")]
    telemetry.stop()
    known = "azure.monitor.opentelemetry" in sys.modules
    print(json.dumps({"answers": answers, "set up": known, "threads": threading.active_count()}))


def _ask(app: Flask, path: str) -> int:
    """The answer's status; pending telemetry is sent, as it would be after five seconds."""
    status = app.test_client().get(path).status_code
    if "azure.monitor.opentelemetry" in sys.modules:
        from opentelemetry import trace

        provider: Any = trace.get_tracer_provider()
        getattr(provider, "force_flush", bool)()
    return status


if __name__ == "__main__":
    main()
