"""Starts everything of the sandbox that has a port: the data planes, the edge, the ingress."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from sandbox.deployment import ContainerApp
from sandbox.edge import Address, HttpListener, ingress
from sandbox.page import Running
from sandbox.state import State
from sandbox.supervisor.browsers import start_gallery, start_page, start_sign_in_page
from sandbox.supervisor.control import Control
from sandbox.supervisor.environment import ServiceEnvironment
from sandbox.supervisor.faults import FaultControl
from sandbox.supervisor.listeners import Listeners, start_listeners
from sandbox.supervisor.names import write_names
from sandbox.supervisor.options import Options
from sandbox.supervisor.places import Places
from sandbox.supervisor.planes import Planes
from sandbox.supervisor.ports import HeldPorts
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Launch
from sandbox.supervisor.project import Project
from sandbox.supervisor.report import PageReport
from sandbox.supervisor.shell_proxy import start_shell_proxy
from sandbox.supervisor.trust import write_trust


@dataclass(frozen=True)
class Endpoints:
    """The started endpoints and their addresses; `proxy` is for clients on this machine.

    `control` is the channel by which commands change the running sandbox, `page` shows it.
    `shell_proxy` is for the shells of its user, and has a key in it.
    `azurite` is None without a storage account, `amqp_port` 0 without a namespace. `launch` starts
    a service.
    `services` are the apps that run, here or remotely; each has an address. `ports` holds those of
    the addresses on this machine.
    `lost` has a sentence for each part of the state that could not be read, `moved` one for each
    port that is not the one of the last start.
    """

    planes: Planes
    azurite: Child | None
    launch: Launch
    environment: ServiceEnvironment
    proxy: str
    gallery: str
    amqp_port: int
    shell_proxy: str = field(repr=False)
    addresses: dict[str, Address]
    ports: HeldPorts
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
    options: Options,
    *,
    held: HeldPorts,
    launch: Launch,
) -> Endpoints:
    """Start the endpoints of `planes`, for the services that `options` name.

    `azurite` is the process behind the accounts. `held` gets the services' ports, and `launch`
    starts a service.

    Raises PortTakenError, OSError or ValueError.
    """
    services = options.services(planes.deployment)
    places = Places.of(state, [each.name for each in services], options.remote, held)
    own = ingress.routes(services, places.services, planes.gate, planes.ingresses)
    hosts = planes.routes() | own
    await _start_buses(stack, planes)
    started = await start_listeners(stack, state, planes, hosts, places.listen)
    moved = places.keep(state, started)
    environment = started.environment()
    write_trust(state, environment.ca)
    write_names(state, hosts, https=started.https_port, amqps=started.amqp_port)
    await start_sign_in_page(stack, planes)
    control = await _start_control(stack, planes, started.identity)
    running = _running(planes, state, started, control, options.project)
    return Endpoints(
        planes=planes,
        azurite=azurite,
        launch=launch,
        environment=environment,
        proxy=started.proxy,
        gallery=await start_gallery(stack, planes, services, places, options.gallery_port),
        amqp_port=started.amqp_port,
        shell_proxy=start_shell_proxy(state, started.edge),
        addresses=places.services,
        ports=held,
        services=services,
        control=control,
        page=await start_page(stack, running),
        moved=moved,
    )


async def _start_buses(stack: AsyncExitStack, planes: Planes) -> None:
    for bus in planes.namespaces.values():
        await bus.start()
        stack.push_async_callback(bus.stop)


async def _start_control(stack: AsyncExitStack, planes: Planes, identity: HttpListener) -> Control:
    """Start the channel by which commands change the settings and the faults."""
    control = Control()
    stack.push_async_callback(control.stop)
    faults = FaultControl(planes, identity)
    stack.callback(faults.stop)
    control.on("set", planes.settings.change)
    control.on("fault", faults.handle)
    await control.start(planes.gate)
    return control


def _running(
    planes: Planes, state: State, started: Listeners, control: Control, project: Project
) -> Running:
    """Return what the page shows of this sandbox, and how it changes it."""
    environment = started.environment()
    return Running(
        planes,
        state,
        started.proxy,
        environment.ca,
        started.amqp_port,
        environment.identity_endpoint,
        control.carry_out,
        project.read_disk,
        project.read_lab,
    )
