"""gunicorn's settings for the identity endpoint: one process, since there is one sign-in."""

import logging

from local.identity_endpoint.settings import Settings
from services.common import server

bind = "0.0.0.0:42356"
worker_class = "gthread"
workers = 1
threads = 8
timeout = 60
graceful_timeout = 10
control_socket_disable = True
umask = 0o077

logging.basicConfig(level=logging.INFO, format="%(message)s")
logging.getLogger("azure").setLevel(logging.WARNING)

on_starting = server.validate_settings(Settings.load)
post_worker_init = server.start
worker_exit = server.stop
