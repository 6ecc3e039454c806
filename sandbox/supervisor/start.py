"""Starts every endpoint of the sandbox: Azurite, the data planes, the edge, the ingress."""

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from sandbox.deployment import load
from sandbox.edge import AmqpListener, Certificate, Edge, HttpListener, ingress
from sandbox.identity import PATH
from sandbox.state import State
from sandbox.storage import Azurite, free_port
from sandbox.supervisor.blobs import azurite_program, ready
from sandbox.supervisor.operator import Operator
from sandbox.supervisor.planes import Planes, build
from sandbox.supervisor.processes import Child
from sandbox.supervisor.surroundings import Surroundings

GALLERY_PORT = 8080


class PortTakenError(OSError):
    """A port that was asked for is somebody else's."""


@dataclass(frozen=True)
class Endpoints:
    """What has been started, and where it is reached."""

    planes: Planes
    azurite: Child
    surroundings: Surroundings
    gallery: str
    amqp_port: int
    ports: dict[str, int]


async def start(stack: AsyncExitStack, state: State, gallery_port: int | None) -> Endpoints:
    """Every endpoint, ready.

    Raises PortSnatchedError, which another try may avoid; else OSError, ValueError, KeyError,
    RuntimeError, sqlite3.Error or aiohttp.ClientError where that cannot be.
    """
    deployment = load(state)
    account = deployment.storage
    azurite = Azurite(account.name, account.host, state.folder("azurite"), free_port())
    planes = build(state, deployment, azurite)
    stack.callback(planes.audit.close)
    stack.callback(planes.vault.close)
    child = Child(azurite_program(azurite, state))
    stack.push_async_callback(child.stop)
    await child.start()
    endpoints = await _listening(stack, state, planes, child, gallery_port)
    await ready(azurite, child, account.containers)
    proxy, ca = endpoints.surroundings.proxy, endpoints.surroundings.ca
    await Operator(state, deployment, proxy, ca, planes.clock).hand_over_once()
    return endpoints


async def _listening(
    stack: AsyncExitStack, state: State, planes: Planes, azurite: Child, gallery_port: int | None
) -> Endpoints:
    """Everything that has a port."""
    apps = planes.deployment.apps
    ports = {app.name: free_port() for app in apps}
    routes = planes.routes() | ingress.routes(apps, ports, planes.gate)
    certificate = Certificate.keep(state, routes)
    await planes.bus.start()
    stack.push_async_callback(planes.bus.stop)
    edge = Edge(routes, certificate, planes.gate)
    stack.push_async_callback(edge.stop)
    amqp = AmqpListener(planes.bus.amqp_protocol, certificate)
    stack.push_async_callback(amqp.stop)
    identity = HttpListener(planes.identity.application(), planes.gate)
    stack.push_async_callback(identity.stop)
    return Endpoints(
        planes=planes,
        azurite=azurite,
        surroundings=Surroundings(
            identity_endpoint=f"http://127.0.0.1:{await identity.start()}{PATH}",
            proxy=f"http://127.0.0.1:{await edge.start()}",
            ca=certificate.authority,
        ),
        gallery=await _gallery(stack, planes, ports, gallery_port),
        amqp_port=amqp.start(),
        ports=ports,
    )


async def _gallery(
    stack: AsyncExitStack, planes: Planes, ports: Mapping[str, int], wanted: int | None
) -> str:
    """Where a browser finds the external app; on another port if nobody asked for a taken one."""
    app = next(each for each in planes.deployment.apps if each.ingress and each.ingress.external)
    for port in (GALLERY_PORT, 0) if wanted is None else (wanted,):
        listener = HttpListener(ingress.application(app, ports, planes.gate), planes.gate)
        stack.push_async_callback(listener.stop)
        with suppress(OSError):
            return f"http://127.0.0.1:{await listener.start(port)}"
    raise PortTakenError(f"port {wanted} is taken; choose another by --port")
