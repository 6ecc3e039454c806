"""Gunicorn's settings for the reader."""

from services.common import logs, server
from services.reader.settings import Settings

bind = "0.0.0.0:8000"
worker_class = server.Worker
workers = 1
threads = 2
logconfig_dict = logs.config()

on_starting = server.validate_settings(Settings.load)
post_worker_init = server.start
worker_exit = server.stop
