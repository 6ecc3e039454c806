"""The gateway's configuration of gunicorn."""

from services.common import logs, server
from services.gateway.admission import THREADS
from services.gateway.settings import Settings

bind = "0.0.0.0:8000"
worker_class = server.Worker
workers = 2
threads = THREADS
timeout = 60
graceful_timeout = 30
control_socket_disable = True
umask = 0o077
logconfig_dict = logs.config()

on_starting = server.validate_settings(Settings)
post_worker_init = server.start
worker_exit = server.stop
