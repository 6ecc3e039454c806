"""A worker for tests, as a service has one: gunicorn's configuration and the application.

    name=tests.services.common.worker; gunicorn --config python:$name "$name:create_app()"

A message's first word says how its handler fares. The test's own bus stands in for Azure.
"""

import os
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from azure.core.credentials import AccessToken
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
    TransportType,
)
from flask import Flask

from services.common import consumer, health, logs, server
from services.common.consumer import Consumer, RetryPolicy, Transient
from services.common.health import Proof

worker_class = server.Worker
workers = 1
threads = 2
graceful_timeout = 30
control_socket_disable = True
logconfig_dict = logs.config()
post_worker_init = server.start
worker_exit = server.stop

# As the real ones, only shorter.
consumer.DEFECT_POLICY = RetryPolicy(first=0.2, longest=0.2, total=1)
RETRY_POLICY = RetryPolicy(first=1, longest=60, total=3600)


class Credential:
    """Shows the token that the test made."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(os.environ["WORKER_TOKEN"], int(time.time()) + 3600)


@contextmanager
def open_receiver() -> Iterator[ServiceBusReceiver]:
    """Open a receiver of the queue, on the test's bus."""
    context = ssl.create_default_context(cafile=os.environ["WORKER_AUTHORITY"])
    with (
        ServiceBusClient(
            os.environ["WORKER_NAMESPACE"],
            Credential(),
            custom_endpoint_address=os.environ["WORKER_BUS"],
            transport_type=TransportType.Amqp,
            ssl_context=context,
            retry_total=0,
        ) as client,
        client.get_queue_receiver(os.environ["WORKER_QUEUE"], prefetch_count=0) as receiver,
    ):
        yield receiver


def handle(message: ServiceBusReceivedMessage) -> None:
    """Carry out the message's order."""
    what, _, _ = str(message).partition(" ")
    print(f"handling {message.message_id} in {os.getpid()}", file=sys.stderr, flush=True)
    match what:
        case "bug":
            raise KeyError("x")
        case "quit":
            sys.exit("I quit")
        case "refused":
            raise Transient("the partner answers 500")
        case "hang":
            time.sleep(600)
        case "slow":
            time.sleep(1)
    print(f"handled {message.message_id}", file=sys.stderr, flush=True)


def create_app() -> Flask:
    """Build the worker as the services build theirs."""
    make = partial(Consumer, "work", open_receiver, handle, RETRY_POLICY)
    work = make(overdue_after=2, renew_every=1, grace=2)
    readiness = health.Readiness([Proof("receive", "queue", work.prove)])
    app = Flask(__name__)
    health.init_app(app, readiness, work.is_alive)
    server.init_app(app, work, readiness)
    return app
