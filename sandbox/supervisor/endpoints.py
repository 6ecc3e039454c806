"""Starts everything of the sandbox that has a port: the data planes, the edge, the ingress."""

import errno
import logging
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from sandbox.audit import FILE as AUDIT
from sandbox.commands import LOOPBACK
from sandbox.deployment import ContainerApp
from sandbox.edge import Address, AmqpListener, Certificate, Edge, HttpListener, ingress
from sandbox.entra import page
from sandbox.faults.bus import closed, lost
from sandbox.faults.tokens import identity_application
from sandbox.identity import PATH
from sandbox.page import Feed, Page, Running
from sandbox.page import application as page_application
from sandbox.servicebus import amqp_protocol
from sandbox.state import State
from sandbox.supervisor.control import Control
from sandbox.supervisor.environment import ServiceEnvironment
from sandbox.supervisor.faults import FaultControl
from sandbox.supervisor.names import AMQPS, HTTPS, https_port_before, write_names
from sandbox.supervisor.planes import Planes
from sandbox.supervisor.ports import Ports
from sandbox.supervisor.processes import Child
from sandbox.supervisor.project import Project
from sandbox.supervisor.remote_services import PORTS, ListenAddress, RemoteServices, keep_ports
from sandbox.supervisor.report import PageReport
from sandbox.supervisor.shell_proxy import start_shell_proxy
from sandbox.supervisor.trust import write_trust

GALLERY_PORT = 8080

_LOG = logging.getLogger(__name__)
_NOT_BY_NAME = (
    "ports %d and %d are taken or need a right: services reach the sandbox by its proxy,"
    " and not under Azure's names"
)


class PortTakenError(OSError):
    """Another program has the requested port."""


@dataclass(frozen=True)
class Endpoints:
    """The started endpoints and their addresses; `proxy` is for clients on this machine.

    `control` is the channel by which commands change the running sandbox, `page` shows it.
    `shell_proxy` is for the shells of its user, and has a key in it.
    `azurite` is None without a storage account, `amqp_port` 0 without a namespace.
    `services` are the apps that run, here or remotely; each has an address.
    `lost` has a sentence for each part of the state that could not be read, `moved` one for each
    port that is not the one of the last start.
    """

    planes: Planes
    azurite: Child | None
    environment: ServiceEnvironment
    proxy: str
    gallery: str
    amqp_port: int
    shell_proxy: str = field(repr=False)
    addresses: dict[str, Address]
    services: tuple[ContainerApp, ...]
    control: Control
    page: PageReport
    moved: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


async def open_endpoints(
    stack: AsyncExitStack,
    state: State,
    planes: Planes,
    azurite: Child | None,
    services: tuple[ContainerApp, ...],
    *,
    gallery_port: int | None,
    remote: RemoteServices | None,
    project: Project,
) -> Endpoints:
    """Start the endpoints of `planes`, for `services` on this machine or `remote` ones.

    `azurite` is the process behind the accounts. Raises PortTakenError or OSError.
    """
    kept = Ports() if remote else Ports.kept_in(state)
    listen = remote.listen_address(state) if remote else _as_before(kept)
    ports = kept.of_services(each.name for each in services)
    addresses = {
        name: remote.service_address(name) if remote else Address(port)
        for name, port in ports.items()
    }
    inside = ingress.routes(services, addresses, planes.gate, planes.ingresses)
    routes = planes.routes() | inside
    certificate = Certificate.keep(state, routes)
    for bus in planes.namespaces.values():
        await bus.start()
        stack.push_async_callback(bus.stop)
    unreachable = lost(planes.faults, planes.namespaces)
    edge = Edge(routes, certificate, planes.gate, unreachable=unreachable)
    stack.push_async_callback(edge.stop)
    application = identity_application(planes.identity, planes.faults, planes.gate)
    identity = HttpListener(application, planes.gate, [listen.name])
    stack.push_async_callback(identity.stop)
    with _explained(state, listen):
        identity_port = await identity.start(
            listen.identity_port,
            listen.address,
            fallback=listen.fallback,
        )
        proxy_port = await edge.start(
            listen.proxy_port,
            listen.address,
            fallback=listen.fallback,
        )
    https_port = edge.start_tls(
        listen.https_port or https_port_before(state), listen.address, fallback=True
    )
    amqp_port = _amqp(stack, planes, certificate, listen.amqps_port or kept.amqp, listen.address)
    if listen.https_port and (https_port, amqp_port or AMQPS) != (HTTPS, AMQPS):
        _LOG.warning(_NOT_BY_NAME, HTTPS, AMQPS)
    now = Ports(identity_port, proxy_port, amqp_port or kept.amqp, {**kept.services, **ports})
    if remote:
        keep_ports(state, identity_port, proxy_port)
    else:
        now.keep(state)
    write_trust(state, certificate.authority)
    write_names(state, routes, https=https_port, amqps=amqp_port)
    await _sign_in_page(stack, planes)
    control = Control()
    stack.push_async_callback(control.stop)
    faults = FaultControl(planes, identity)
    stack.callback(faults.stop)
    control.on("set", planes.settings.change)
    control.on("fault", faults.handle)
    await control.start(planes.gate)
    proxy = str(Address(proxy_port))
    identity_endpoint = f"http://{listen.name}:{identity_port}{PATH}"
    shown = Running(
        planes,
        state,
        proxy,
        certificate.authority,
        amqp_port,
        identity_endpoint,
        control.carry_out,
        project.read_disk,
        project.read_lab,
    )
    return Endpoints(
        planes=planes,
        azurite=azurite,
        environment=ServiceEnvironment(
            identity_endpoint=identity_endpoint,
            proxy=f"http://{listen.name}:{proxy_port}",
            ca=certificate.authority,
        ),
        proxy=proxy,
        gallery=await _gallery(
            stack, planes, addresses, services, wanted=gallery_port, address=listen.address
        ),
        amqp_port=amqp_port,
        shell_proxy=start_shell_proxy(state, edge),
        addresses=addresses,
        services=services,
        control=control,
        page=await _page(stack, shown),
        moved=kept.moved(now),
    )


def _amqp(
    stack: AsyncExitStack, planes: Planes, certificate: Certificate, port: int, address: str
) -> int:
    """Serve AMQP over TLS, at `port` if it is free; return the port, 0 without a namespace."""
    if not planes.namespaces:
        return 0
    unreachable = closed(planes.faults, planes.gate)
    listener = AmqpListener(amqp_protocol(planes.namespaces), certificate, unreachable)
    stack.push_async_callback(listener.stop)
    return listener.start(port, address, fallback=True)


def _as_before(kept: Ports) -> ListenAddress:
    """Return the address to listen on for this machine, at free ports where others have these."""
    return ListenAddress(identity_port=kept.identity, proxy_port=kept.proxy, fallback=True)


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


async def _sign_in_page(stack: AsyncExitStack, planes: Planes) -> None:
    """Serve the sign-in page to browsers on this machine."""
    listener = HttpListener(page.application(planes.sign_in), planes.gate)
    stack.push_async_callback(listener.stop)
    planes.sign_in.page = f"{Address(await listener.start())}{page.PATH}"


async def _page(stack: AsyncExitStack, running: Running) -> PageReport:
    """Serve the page that shows identities at work to browsers on this machine."""
    page = Page(running, Feed(running.state.path(AUDIT)))
    listener = HttpListener(page_application(page), running.planes.gate)
    stack.push_async_callback(listener.stop)
    return PageReport(str(Address(await listener.start())), page.key)


async def _gallery(
    stack: AsyncExitStack,
    planes: Planes,
    addresses: Mapping[str, Address],
    services: tuple[ContainerApp, ...],
    *,
    wanted: int | None,
    address: str,
) -> str:
    """Serve the external service to browsers; return its address, empty without such a service.

    If no port was requested and the default one is taken, takes a free one.
    """
    app = next((each for each in services if _is_public(each)), None)
    if app is None:
        return ""
    # Through a container's published port, every client has the network gateway's address.
    client_address = None if address == LOOPBACK else LOOPBACK
    for port in (GALLERY_PORT, 0) if wanted is None else (wanted,):
        way_in = ingress.application(
            app, addresses, planes.gate, client_address, ingresses=planes.ingresses
        )
        listener = HttpListener(way_in, planes.gate)
        stack.push_async_callback(listener.stop)
        with suppress(OSError):
            return str(Address(await listener.start(port, address)))
    raise PortTakenError(f"port {wanted} is taken; choose another by --port")


def _is_public(app: ContainerApp) -> bool:
    return app.ingress is not None and app.ingress.external
