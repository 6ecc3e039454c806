"""The ingress of Container Apps: from an app's host name to the app's port.

https://learn.microsoft.com/azure/container-apps/ingress-overview
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from types import MappingProxyType

import aiohttp
from aiohttp import web
from yarl import URL

from sandbox.audit import Gate
from sandbox.deployment import ContainerApp, Ingress
from sandbox.edge.forwarding import admits, to_app, to_client
from sandbox.edge.listener import Address

Addresses = Mapping[str, Address]
Ingresses = Mapping[str, Ingress]

# Container Apps gives a request 240 seconds.
_TIMEOUT = aiohttp.ClientTimeout(total=240, sock_connect=5)
_HEAD_LIMIT = 64 * 1024
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_UNAVAILABLE = "upstream connect error or disconnect/reset before headers."


def routes(
    apps: Iterable[ContainerApp],
    addresses: Addresses,
    gate: Gate,
    ingresses: Ingresses = MappingProxyType({}),
) -> dict[str, web.Application]:
    """Return an application for the host name of each app that has an ingress."""
    return {
        app.ingress.host: application(app, addresses, gate, ingresses=ingresses)
        for app in apps
        if app.ingress
    }


def application(
    app: ContainerApp,
    addresses: Addresses,
    gate: Gate,
    client_address: str | None = None,
    *,
    ingresses: Ingresses = MappingProxyType({}),
) -> web.Application:
    """Return the ingress of `app`, whose address is looked up in `addresses` for each request.

    `client_address` replaces the client's address where a container's published port hides it.
    `ingresses` are looked up in the same way; one replaces the app's own by its name.

    Raises ValueError if the app has no ingress.
    """
    if app.ingress is None:
        raise ValueError(f"{app.name} has no ingress")
    way_in = _WayIn(app.name, app.ingress, addresses, gate, client_address, ingresses=ingresses)
    made = web.Application()
    made.cleanup_ctx.append(way_in.session)
    made.router.add_route("*", "/{path:.*}", way_in.forward)
    return made


class _WayIn:
    def __init__(
        self,
        name: str,
        ingress: Ingress,
        addresses: Addresses,
        gate: Gate,
        client_address: str | None,
        *,
        ingresses: Ingresses,
    ) -> None:
        self._name = name
        self._ingress = ingress
        self._ingresses = ingresses
        self._places = addresses
        self._gate = gate
        self._client_address = client_address
        self._session: aiohttp.ClientSession

    async def session(self, _: web.Application) -> AsyncIterator[None]:
        """Open one connection per request: a reused one may be closed just then."""
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
        """Return Azure's refusal, or stream the app's answer."""
        address = self._client_address or request.remote or ""
        ingress = self._ingresses.get(self._name, self._ingress)
        if not admits(ingress.allowed, address):
            reason = f"{address} is not among the addresses that {self._name} admits"
            self._gate.refuse("ingress", f"{request.method} {ingress.host}", reason)
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
        self, request: web.Request, address: str, place: Address
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
