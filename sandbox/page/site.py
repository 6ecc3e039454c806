"""The page's HTTP application: its views, behind a key in the path.

It is plain HTTP on loopback. A page elsewhere cannot know the key, cannot read an answer (there is
no CORS), and its posts are refused by their Origin.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.commands import KEYLESS
from sandbox.page import disturbances, labs, live, policies, rights, shown_tokens, trials, ways
from sandbox.page.rendering import Page, file

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # the address holds the key
    "X-Content-Type-Options": "nosniff",
}
_SERVICE = "page"
_WRONG_KEY = f"That is not the address of this sandbox's page: {KEYLESS} status prints it."
_ELSEWHERE = "This page takes requests from itself alone."
_LARGEST_FORM = 16 * 1024

View = Callable[[Page, web.Request], Awaitable[web.StreamResponse]]
_VIEWS: tuple[tuple[str, str, View], ...] = (
    ("GET", "/", live.show),
    ("GET", "/events", live.events),
    ("GET", "/map", rights.show),
    ("GET", "/map/picture", rights.draw),
    ("GET", "/try", trials.show),
    ("POST", "/try", trials.ask),
    ("GET", "/token", shown_tokens.choose),
    ("POST", "/token", shown_tokens.get),
    ("GET", "/token/{id}", shown_tokens.show),
    ("POST", "/token/{id}", shown_tokens.present),
    ("GET", "/photo", ways.show),
    ("GET", "/policy", policies.show),
    ("POST", "/policy", policies.compare),
    ("POST", "/policy/apply", policies.apply),
    ("GET", "/faults", disturbances.show),
    ("POST", "/faults", disturbances.disturb),
    ("POST", "/settings", disturbances.change_settings),
    ("GET", "/lab", labs.show),
    ("POST", "/lab", labs.act),
    ("GET", "/static/{name}", file),
)


def application(page: Page) -> web.Application:
    """Return the page as an HTTP application, for a listener of its own."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if sentence := _refusal(page, request):
            page.running.planes.gate.refuse(_SERVICE, request.method, sentence)
            return web.Response(status=403, text=f"{sentence}\n", headers=_HEADERS)
        try:
            return await handler(request)
        except web.HTTPException as error:
            error.headers.update(_HEADERS)
            raise

    async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_HEADERS)

    async def stop(_: web.Application) -> None:
        page.stopping.set()

    found = web.Application(middlewares=[guard], client_max_size=_LARGEST_FORM)
    found.on_response_prepare.append(add_headers)
    found.on_shutdown.append(stop)
    for method, path, view in _VIEWS:
        found.router.add_route(method, f"/{{key}}{path}", partial(view, page))
    return found


def _refusal(page: Page, request: web.Request) -> str:
    """Return why a request is refused; empty if it may be answered."""
    given = request.match_info.get("key", "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, page.key.encode()):
        return _WRONG_KEY
    own = f"http://{request.host}"
    if request.method == "POST" and request.headers.get("Origin") != own:
        return _ELSEWHERE
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return _ELSEWHERE
    return ""
