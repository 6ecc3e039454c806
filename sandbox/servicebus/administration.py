"""Service Bus over HTTPS: managing entities, and sending and receiving by REST.

Neither is offered. The answer is a 401 with a sentence, as Azure gives for a missing right, and
no 404: azservicebus for Go takes that for "there is no such queue" and gives its caller nothing.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.audit import Gate
from sandbox.entra import TokenRefused, bearer_token
from sandbox.servicebus.authenticate import Verifier

_SENTENCE = (
    "The sandbox does not manage Service Bus entities and does not speak its REST API: the Bicep "
    "says which entities there are. Send and receive over AMQP."
)
# https://learn.microsoft.com/rest/api/servicebus/error-codes
_BODY = f"<Error><Code>401</Code><Detail>{_SENTENCE}</Detail></Error>".encode()

Handler = Callable[[web.Request], Awaitable[web.Response]]


def refusing(verifier: Verifier, gate: Gate) -> Handler:
    """Return a handler that refuses each request, and puts on record whose it was."""

    async def refuse(request: web.Request) -> web.Response:
        # Without the path, in which a stranger may have put anything, a token too.
        reason = f"the sandbox does not offer {request.method} over HTTPS"
        gate.refuse("bus", "Administration", reason, _caller(request, verifier))
        return web.Response(
            status=401,
            reason="Unauthorized",
            body=_BODY,
            content_type="application/xml",
            charset="utf-8",
        )

    return refuse


def _caller(request: web.Request, verifier: Verifier) -> str:
    """Return the name of the caller that the request's token proves; empty without a good one."""
    token = bearer_token(request.headers.getall("Authorization", []))
    try:
        return verifier.verify(token or "").name
    except TokenRefused:
        return ""
