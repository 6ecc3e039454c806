"""The sandbox's edge: one proxy, one certificate, and the way to each host's application."""

from sandbox.edge.amqp import AmqpListener
from sandbox.edge.certificates import Certificate
from sandbox.edge.listener import LOOPBACK
from sandbox.edge.place import Place
from sandbox.edge.plain import HttpListener
from sandbox.edge.proxy import Edge

__all__ = ["LOOPBACK", "AmqpListener", "Certificate", "Edge", "HttpListener", "Place"]
