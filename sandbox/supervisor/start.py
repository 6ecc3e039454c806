"""Starts every endpoint of the sandbox: Azurite, the data planes, the edge, the ingress."""

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.deployment import ContainerApp, load
from sandbox.edge import LOOPBACK, AmqpListener, Certificate, Edge, HttpListener, Place, ingress
from sandbox.entra import page
from sandbox.identity import PATH
from sandbox.state import State
from sandbox.storage import Azurite, free_port
from sandbox.supervisor.blobs import azurite_program, losses, ready
from sandbox.supervisor.elsewhere import PORTS, Elsewhere, Reach, keep_ports
from sandbox.supervisor.headers import kept_headers
from sandbox.supervisor.operator import Operator
from sandbox.supervisor.planes import Planes, build
from sandbox.supervisor.processes import Child
from sandbox.supervisor.surroundings import Surroundings

GALLERY_PORT = 8080


class PortTakenError(OSError):
    """A port that was asked for is somebody else's."""


@dataclass(frozen=True)
class Endpoints:
    """What has been started, and where it is reached: `proxy` from this machine.

    `lost` is what of the state could not be read.
    """

    planes: Planes
    azurite: Child
    surroundings: Surroundings
    proxy: str
    gallery: str
    amqp_port: int
    places: dict[str, Place]
    lost: tuple[str, ...] = ()


async def start(
    stack: AsyncExitStack,
    state: State,
    gallery_port: int | None,
    elsewhere: Elsewhere | None = None,
    assumed: Assumptions = LIKELY,
    *,
    damage: Callable[[], str] = lambda: "",
) -> Endpoints:
    """Every endpoint, ready for the services, which are on this machine or `elsewhere`.

    `damage` names what of the installation is broken, where Azurite has ended by itself.

    Raises PortSnatchedError, which another try may avoid; else OSError, ValueError, KeyError,
    RuntimeError, sqlite3.Error or aiohttp.ClientError where that cannot be.
    """
    deployment = load(state)
    account = deployment.storage
    azurite = Azurite(account.name, account.host, state.folder("azurite"), free_port())
    names = [app.name for app in deployment.apps]
    headers = kept_headers(state, names) if elsewhere else None
    planes = build(state, deployment, azurite, headers, assumed)
    stack.callback(planes.audit.close)
    stack.callback(planes.vault.close)
    stack.callback(planes.insights.close)
    child = Child(azurite_program(azurite, state, damage))
    stack.push_async_callback(child.stop)
    await child.start()
    endpoints = await _listening(
        stack, state, planes, child, gallery_port=gallery_port, elsewhere=elsewhere
    )
    await ready(azurite, child, account.containers)
    ca = endpoints.surroundings.ca
    operator = Operator(state, deployment, endpoints.proxy, ca, planes.clock)
    await operator.hand_over_once(planes.vault)
    return replace(endpoints, lost=losses(child))


async def _listening(
    stack: AsyncExitStack,
    state: State,
    planes: Planes,
    azurite: Child,
    *,
    gallery_port: int | None,
    elsewhere: Elsewhere | None,
) -> Endpoints:
    """Everything that has a port."""
    apps, reach = planes.deployment.apps, elsewhere.reach(state) if elsewhere else Reach()
    places = {
        app.name: elsewhere.place(app.name) if elsewhere else Place(free_port()) for app in apps
    }
    routes = planes.routes() | ingress.routes(apps, places, planes.gate)
    certificate = Certificate.keep(state, routes)
    await planes.bus.start()
    stack.push_async_callback(planes.bus.stop)
    edge = Edge(routes, certificate, planes.gate)
    stack.push_async_callback(edge.stop)
    amqp = AmqpListener(planes.bus.amqp_protocol, certificate)
    stack.push_async_callback(amqp.stop)
    identity = HttpListener(planes.identity.application(), planes.gate, [reach.name])
    stack.push_async_callback(identity.stop)
    with _told_of(state, reach):
        identity_port = await identity.start(
            reach.identity_port, reach.address, else_any=reach.else_any
        )
        proxy_port = await edge.start(reach.proxy_port, reach.address, else_any=reach.else_any)
    if elsewhere:
        keep_ports(state, identity_port, proxy_port)
    await _sign_in_page(stack, planes)
    return Endpoints(
        planes=planes,
        azurite=azurite,
        surroundings=Surroundings(
            identity_endpoint=f"http://{reach.name}:{identity_port}{PATH}",
            proxy=f"http://{reach.name}:{proxy_port}",
            ca=certificate.authority,
        ),
        proxy=str(Place(proxy_port)),
        gallery=await _gallery(stack, planes, places, gallery_port, reach.address),
        amqp_port=amqp.start(),
        places=places,
    )


@contextmanager
def _told_of(state: State, reach: Reach) -> Iterator[None]:
    """Say of a port that is taken what services elsewhere have to do with it."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(
            f"port {reach.identity_port} or {reach.proxy_port} is taken, which the services"
            f" elsewhere were told: end what has it; or delete {state.path(PORTS)}, and start them"
            " again after the sandbox"
        ) from error


async def _sign_in_page(stack: AsyncExitStack, planes: Planes) -> None:
    """For browsers of this machine, wherever the services are."""
    listener = HttpListener(page.application(planes.sign_in), planes.gate)
    stack.push_async_callback(listener.stop)
    planes.sign_in.page = f"{Place(await listener.start())}{page.PATH}"


async def _gallery(
    stack: AsyncExitStack,
    planes: Planes,
    places: Mapping[str, Place],
    wanted: int | None,
    address: str,
) -> str:
    """Where a browser finds the external app, empty where there is none.

    It is on another port if nobody asked for a taken one.
    """
    app = next((each for each in planes.deployment.apps if _is_public(each)), None)
    if app is None:
        return ""
    # What comes by a published port has the address of a container network's gateway.
    everybody_is = None if address == LOOPBACK else LOOPBACK
    for port in (GALLERY_PORT, 0) if wanted is None else (wanted,):
        way_in = ingress.application(app, places, planes.gate, everybody_is)
        listener = HttpListener(way_in, planes.gate)
        stack.push_async_callback(listener.stop)
        with suppress(OSError):
            return str(Place(await listener.start(port, address)))
    raise PortTakenError(f"port {wanted} is taken; choose another by --port")


def _is_public(app: ContainerApp) -> bool:
    return app.ingress is not None and app.ingress.external
