"""The ingress of Container Apps: from an app's host name to the port on which the app listens.

https://learn.microsoft.com/azure/container-apps/ingress-overview
"""

from collections.abc import AsyncIterator, Iterable, Mapping

import aiohttp
from aiohttp import web
from yarl import URL

from sandbox.audit import Gate
from sandbox.deployment import ContainerApp, Ingress
from sandbox.edge.forwarding import admits, to_app, to_client
from sandbox.edge.place import Place

Places = Mapping[str, Place]

# Container Apps gives a request 240 seconds.
_TIMEOUT = aiohttp.ClientTimeout(total=240, sock_connect=5)
_HEAD_LIMIT = 64 * 1024
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_UNAVAILABLE = "upstream connect error or disconnect/reset before headers."


def routes(apps: Iterable[ContainerApp], places: Places, gate: Gate) -> dict[str, web.Application]:
    """An application for each host name that the apps have; one without ingress has none."""
    return {app.ingress.host: application(app, places, gate) for app in apps if app.ingress}


def application(
    app: ContainerApp, places: Places, gate: Gate, everybody_is: str | None = None
) -> web.Application:
    """The ingress of `app`; where it listens is looked up in `places` for each request.

    `everybody_is` is the address of whoever comes, where a published port hides it.

    Raises ValueError if the app has no ingress.
    """
    if app.ingress is None:
        raise ValueError(f"{app.name} has no ingress")
    way_in = _WayIn(app.name, app.ingress, places, gate, everybody_is)
    made = web.Application()
    made.cleanup_ctx.append(way_in.session)
    made.router.add_route("*", "/{path:.*}", way_in.forward)
    return made


class _WayIn:
    def __init__(
        self, name: str, ingress: Ingress, places: Places, gate: Gate, everybody_is: str | None
    ) -> None:
        self._name = name
        self._ingress = ingress
        self._places = places
        self._gate = gate
        self._everybody_is = everybody_is
        self._session: aiohttp.ClientSession

    async def session(self, _: web.Application) -> AsyncIterator[None]:
        """Each request has a connection of its own: one kept alive may be closed as it is used."""
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_field_size=_HEAD_LIMIT,
            skip_auto_headers=_AUTOMATIC,
            timeout=_TIMEOUT,
        ) as self._session:
            yield

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Azure's refusals, or the app's answer as it comes."""
        address = self._everybody_is or request.remote or ""
        if not admits(self._ingress.allowed, address):
            reason = f"{address} is not among the addresses that {self._name} admits"
            self._gate.refuse("ingress", f"{request.method} {self._ingress.host}", reason)
            return web.Response(status=403, text="RBAC: access denied")
        place = self._places.get(self._name)
        if place is None:
            return web.Response(status=503, text=_UNAVAILABLE)
        try:
            answer = await self._ask(request, address, place)
        except aiohttp.ClientConnectionError:
            return web.Response(status=503, text=_UNAVAILABLE)
        except TimeoutError:
            return web.Response(status=504, text="upstream request timeout")
        async with answer:
            return await _relay(answer, request)

    async def _ask(
        self, request: web.Request, address: str, place: Place
    ) -> aiohttp.ClientResponse:
        return await self._session.request(
            request.method,
            URL(f"{place}{request.raw_path}", encoded=True),
            headers=to_app(request.headers, address, request.scheme),
            data=request.content if request.body_exists else None,
            allow_redirects=False,
        )


async def _relay(answer: aiohttp.ClientResponse, request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason, headers=to_client(answer.headers)
    )
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response
