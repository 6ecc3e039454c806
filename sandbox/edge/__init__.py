"""The sandbox's edge: one proxy, one certificate, and the way to each host's application."""

from sandbox.edge.amqp import AmqpListener
from sandbox.edge.beyond import Beyond
from sandbox.edge.certificates import Certificate
from sandbox.edge.http_listener import HttpListener
from sandbox.edge.listener import Address
from sandbox.edge.proxy import Edge

__all__ = [
    "Address",
    "AmqpListener",
    "Beyond",
    "Certificate",
    "Edge",
    "HttpListener",
]
