"""The management API of a namespace, for the queues that there are.

Programs such as Celery create their queues at each start, and take the answer that a queue exists.
The sandbox creates, changes and deletes none: the Bicep says which there are. The caller needs the
rights of Azure Service Bus Data Owner; that a narrower role would do is nowhere documented.
https://learn.microsoft.com/rest/api/servicebus/entities-management
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import escape

import isodate
from aiohttp import web

from sandbox.deployment import Namespace, Queue
from sandbox.entra import Caller, TokenRefused, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Denied, Requirement
from sandbox.refusal import Refusal
from sandbox.servicebus.authenticate import Verifier
from sandbox.servicebus.name import RECEIVE, SEND

_WRITE = "Microsoft.ServiceBus/namespaces/queues/write"
_NO_REST = (
    "The sandbox does not manage Service Bus entities and does not speak its REST API: the Bicep "
    "says which entities there are. Send and receive over AMQP."
)
# ballerina-platform/ballerina-library#6573 (2024-05)
_CONFLICT = (
    "SubCode=40900. Conflict. You're requesting an operation that isn't allowed in the resource's"
    " current state. To know more visit https://aka.ms/sbResourceMgrExceptions. ."
)
_UNRECORDED = "The request cannot be recorded."
_FOR_EVER = timedelta(days=10675199, hours=2, minutes=48, seconds=5)
_CONNECT = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
_COUNTS = "http://schemas.microsoft.com/netservices/2011/06/servicebus"


@dataclass(frozen=True)
class Operation:
    """An operation on a queue, and Azure's name of the right that it takes."""

    name: str
    claim: str


_OPERATIONS = {
    "GET": Operation("GetQueue", "EntityRead"),
    "PUT": Operation("CreateQueue", "EntityWrite"),
}


@dataclass(frozen=True)
class NamedQueue:
    """A request that is understood: the operation, and the queue, which exists."""

    operation: Operation
    queue: Queue

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return actions that Data Owner has, and no narrower role or one of the control plane."""
        scope = self.queue.id
        return (
            Requirement.of(scope, _WRITE, data=False),
            Requirement.of(scope, SEND),
            Requirement.of(scope, RECEIVE),
        )


@dataclass(frozen=True)
class Counts:
    """The messages of a queue: those to receive, locked ones among them, and the dead letters."""

    active: int
    dead: int


class Administration(HttpPlane[NamedQueue]):
    """The management of one namespace. Every operation that is not offered is refused by 401.

    Azure answers so for a missing right. azservicebus for Go takes a 404 for a missing queue, and
    raises no error.
    """

    service = "bus"
    unrecorded = Refusal(500, "", _UNRECORDED, _UNRECORDED)

    def __init__(
        self,
        namespace: Callable[[], Namespace],
        counts: Callable[[Queue], Counts],
        verifier: Verifier,
    ) -> None:
        """`namespace` returns the one in force, `counts` a queue's messages."""
        self._namespace = namespace
        self._counts = counts
        self._verifier = verifier

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401, which does not tell a wrong token from a gap."""
        try:
            token = bearer_token(request.headers.getall("Authorization", []))
            return self._verifier.verify(token or "")
        except TokenRefused as error:
            raise _not_offered(request) from error

    def name(self, request: web.Request) -> NamedQueue:
        """Return the operation on a queue that exists. Raises Refusal 401 for any other."""
        path, operation = request.path.strip("/").lower(), _OPERATIONS.get(request.method)
        queues = (each for each in self._namespace().queues if each.name.lower() == path)
        queue = next(queues, None)
        if queue is None or operation is None:
            raise _not_offered(request)
        return NamedQueue(operation, queue)

    def deny(self, caller: Caller, named: NamedQueue, denied: Denied) -> Refusal:
        """Return Azure's 401. https://learn.microsoft.com/rest/api/servicebus/error-codes"""
        needed = f"Manage,{named.operation.claim} claims required for this operation."
        text = f"SubCode=40100: Unauthorized : {needed}"
        return Refusal(401, "", text, text)

    def label(self, request: web.Request, step: str) -> str:
        """Return one name for all that is refused before it is named."""
        return "Administration"

    async def serve(self, request: web.Request, granted: Granted[NamedQueue]) -> web.Response:
        """Return a queue's description. Raises Refusal 409 for one to create, since it exists."""
        if request.method == "PUT":
            raise Refusal(409, "", _CONFLICT, _CONFLICT)
        queue = granted.named.queue
        return _xml(200, description(self._namespace().host, queue, self._counts(queue)))

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error. https://learn.microsoft.com/rest/api/servicebus/error-codes"""
        detail = escape(refusal.message, quote=False)
        code = f"<Code>{refusal.status}</Code>"
        return _xml(refusal.status, f"<Error>{code}<Detail>{detail}</Detail></Error>")


def _not_offered(request: web.Request) -> Refusal:
    # Without the path: a stranger may have put anything into it, even a token.
    reason = f"the sandbox does not offer {request.method} over HTTPS"
    return Refusal(401, "", _NO_REST, reason)


def description(host: str, queue: Queue, counts: Counts) -> str:
    """Return the Atom entry of a queue.

    https://learn.microsoft.com/rest/api/servicebus/get-entity
    """
    name, settings = escape(queue.name), settings_of(queue)
    inside = "".join(f"<{each}>{value}</{each}>" for each, value in settings.items())
    details = {"ActiveMessageCount": counts.active, "DeadLetterMessageCount": counts.dead}
    more = "".join(f"<c:{each}>{value}</c:{each}>" for each, value in details.items())
    return (
        f'<entry xmlns="http://www.w3.org/2005/Atom"><id>https://{host}/{name}</id>'
        f'<title type="text">{name}</title><content type="application/xml">'
        f'<QueueDescription xmlns="{_CONNECT}" xmlns:c="{_COUNTS}">{inside}'
        f"<MessageCount>{counts.active + counts.dead}</MessageCount>"
        f"<CountDetails>{more}</CountDetails></QueueDescription></content></entry>"
    )


def settings_of(queue: Queue) -> dict[str, str]:
    """Return the settings of a queue as its description has them, in Azure's order."""
    settings = queue.settings
    window = settings.duplicate_window
    return {
        "LockDuration": isodate.duration_isoformat(settings.lock_duration),
        "RequiresDuplicateDetection": _boolean(window is not None),
        "RequiresSession": _boolean(False),
        "DefaultMessageTimeToLive": isodate.duration_isoformat(settings.time_to_live or _FOR_EVER),
        "DeadLetteringOnMessageExpiration": _boolean(settings.dead_letter_on_expiration),
        "DuplicateDetectionHistoryTimeWindow": isodate.duration_isoformat(
            window or timedelta(minutes=10)
        ),
        "MaxDeliveryCount": str(settings.max_delivery_count),
        "Status": "Active",
    }


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _xml(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/xml", charset="utf-8")
