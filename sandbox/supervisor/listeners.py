"""Starts the listeners that services reach: the identity endpoint, the proxy, HTTPS and AMQPS."""

import errno
import logging
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

from aiohttp import web

from sandbox.edge import Address, AmqpListener, Certificate, Edge, HttpListener
from sandbox.faults.bus import closed, lost
from sandbox.faults.tokens import identity_application
from sandbox.identity import PATH
from sandbox.servicebus import amqp_protocol
from sandbox.state import State
from sandbox.supervisor.environment import ServiceEnvironment
from sandbox.supervisor.names import AMQPS, HTTPS
from sandbox.supervisor.planes import Planes
from sandbox.supervisor.ports import PortTakenError
from sandbox.supervisor.remote_services import PORTS, ListenAddress

_LOG = logging.getLogger(__name__)
_NOT_BY_NAME = (
    "ports %d and %d are taken or need a right: services reach the sandbox by its proxy,"
    " and not under Azure's names"
)


@dataclass(frozen=True)
class Listeners:
    """The started listeners, and the ports that they got.

    `name` is the services' name for this machine. `amqp_port` is 0 without a namespace.
    """

    name: str
    identity: HttpListener
    edge: Edge
    certificate: Certificate
    identity_port: int
    proxy_port: int
    https_port: int
    amqp_port: int

    @property
    def proxy(self) -> str:
        """The proxy's address for clients on this machine."""
        return str(Address(self.proxy_port))

    def environment(self) -> ServiceEnvironment:
        """Return how services reach the sandbox, and the authority that they trust."""
        return ServiceEnvironment(
            identity_endpoint=f"http://{self.name}:{self.identity_port}{PATH}",
            proxy=f"http://{self.name}:{self.proxy_port}",
            ca=self.certificate.authority,
        )


async def start_listeners(
    stack: AsyncExitStack,
    state: State,
    planes: Planes,
    hosts: Mapping[str, web.Application],
    listen: ListenAddress,
) -> Listeners:
    """Listen for the services at the ports of `listen`. Raises PortTakenError or OSError.

    `hosts` are the applications by host, which the certificate of the state is for.
    """
    certificate = Certificate.keep(state, hosts)
    edge = _edge(stack, planes, hosts, certificate)
    identity = _identity(stack, planes, listen.name)
    address, fallback = listen.address, listen.fallback
    with _explained(state, listen):
        identity_port = await identity.start(listen.identity_port, address, fallback=fallback)
        proxy_port = await edge.start(listen.proxy_port, address, fallback=fallback)
    return Listeners(
        name=listen.name,
        identity=identity,
        edge=edge,
        certificate=certificate,
        identity_port=identity_port,
        proxy_port=proxy_port,
        https_port=edge.start_tls(listen.https_port, address, fallback=True),
        amqp_port=_amqp(stack, planes, certificate, listen),
    )


def warn_if_not_by_name(listeners: Listeners) -> None:
    """Log a warning if services cannot reach the listeners under Azure's names."""
    if (listeners.https_port, listeners.amqp_port or AMQPS) != (HTTPS, AMQPS):
        _LOG.warning(_NOT_BY_NAME, HTTPS, AMQPS)


def _edge(
    stack: AsyncExitStack,
    planes: Planes,
    hosts: Mapping[str, web.Application],
    certificate: Certificate,
) -> Edge:
    unreachable = lost(planes.faults, planes.namespaces)
    edge = Edge(hosts, certificate, planes.gate, unreachable=unreachable)
    stack.push_async_callback(edge.stop)
    return edge


def _identity(stack: AsyncExitStack, planes: Planes, name: str) -> HttpListener:
    application = identity_application(planes.identity, planes.faults, planes.gate)
    identity = HttpListener(application, planes.gate, [name])
    stack.push_async_callback(identity.stop)
    return identity


def _amqp(
    stack: AsyncExitStack, planes: Planes, certificate: Certificate, listen: ListenAddress
) -> int:
    """Serve AMQP over TLS; return the port, 0 without a namespace."""
    if not planes.namespaces:
        return 0
    unreachable = closed(planes.faults, planes.gate)
    listener = AmqpListener(amqp_protocol(planes.namespaces), certificate, unreachable)
    stack.push_async_callback(listener.stop)
    return listener.start(listen.amqps_port, listen.address, fallback=True)


@contextmanager
def _explained(state: State, listen: ListenAddress) -> Iterator[None]:
    """Add to the error of a taken port that remote services know this port."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(
            f"port {listen.identity_port} or {listen.proxy_port} is taken, and services on other"
            " machines were configured with it: end the program that has it, or delete"
            f" {state.path(PORTS)} and restart them after the sandbox"
        ) from error
