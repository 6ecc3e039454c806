"""Starts what browsers on this machine open: the sign-in page, the page, and the gallery."""

from contextlib import AsyncExitStack, suppress

from aiohttp import web

from sandbox.audit import FILE as AUDIT
from sandbox.audit import Gate
from sandbox.commands import LOOPBACK
from sandbox.deployment import ContainerApp
from sandbox.edge import Address, HttpListener, ingress
from sandbox.entra import page as sign_in_page
from sandbox.page import Feed, Page, Running, application
from sandbox.supervisor.places import Places
from sandbox.supervisor.planes import Planes
from sandbox.supervisor.ports import PortTakenError
from sandbox.supervisor.report import PageReport

GALLERY_PORT = 8080


async def start_sign_in_page(stack: AsyncExitStack, planes: Planes) -> None:
    """Serve the sign-in page, and let Entra name its address. Raises OSError."""
    at = await _start(stack, sign_in_page.application(planes.sign_in), planes.gate)
    planes.sign_in.page = f"{at}{sign_in_page.PATH}"


async def start_page(stack: AsyncExitStack, running: Running) -> PageReport:
    """Serve the page that shows identities at work; return its address and key. Raises OSError."""
    page = Page(running, Feed(running.state.path(AUDIT)))
    at = await _start(stack, application(page), running.planes.gate)
    return PageReport(str(at), page.key)


async def start_gallery(
    stack: AsyncExitStack,
    planes: Planes,
    services: tuple[ContainerApp, ...],
    places: Places,
    wanted: int | None,
) -> str:
    """Serve the external service; return its address, empty without such a service.

    If no port was requested and the default one is taken, takes a free one. Raises PortTakenError.
    """
    app = next((each for each in services if _is_public(each)), None)
    if app is None:
        return ""
    address = places.listen.address
    # Through a container's published port, every client has the network gateway's address.
    client = None if address == LOOPBACK else LOOPBACK
    for port in (GALLERY_PORT, 0) if wanted is None else (wanted,):
        way_in = ingress.application(
            app, places.services, planes.gate, client, ingresses=planes.ingresses
        )
        with suppress(OSError):
            return str(await _start(stack, way_in, planes.gate, port, address))
    raise PortTakenError(f"port {wanted} is taken; choose another by --port")


async def _start(
    stack: AsyncExitStack,
    served: web.Application,
    gate: Gate,
    port: int = 0,
    address: str = LOOPBACK,
) -> Address:
    listener = HttpListener(served, gate)
    stack.push_async_callback(listener.stop)
    return Address(await listener.start(port, address))


def _is_public(app: ContainerApp) -> bool:
    return app.ingress is not None and app.ingress.external
