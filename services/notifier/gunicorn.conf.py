"""The notifier's configuration of gunicorn."""

from services.common import logs, server
from services.notifier.settings import Settings

bind = "0.0.0.0:8000"
worker_class = server.Worker
workers = 1
threads = 2
timeout = 60
graceful_timeout = 30  # longer than a consumer takes to stop, at most 25 s
control_socket_disable = True
umask = 0o077
logconfig_dict = logs.config()

on_starting = server.validate_settings(Settings)
post_worker_init = server.start
worker_exit = server.stop
