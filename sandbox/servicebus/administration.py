"""The management API of a namespace, for the queues that there are.

Programs such as Celery create their queues at each start, and take the answer that a queue exists.
The sandbox creates, changes and deletes none: the Bicep says which there are. The caller needs what
Azure Service Bus Data Owner has; that a narrower role would do is nowhere documented.
https://learn.microsoft.com/rest/api/servicebus/entities-management
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import escape

import isodate
from aiohttp import web

from sandbox.audit import Gate
from sandbox.deployment import Namespace, Queue
from sandbox.entra import Caller
from sandbox.rbac import Denied, Requirement
from sandbox.servicebus.name import RECEIVE, SEND

_WRITE = "Microsoft.ServiceBus/namespaces/queues/write"
# By method: the operation's name in the audit, and Azure's name of the right that it takes.
_OPERATIONS = {"GET": ("GetQueue", "EntityRead"), "PUT": ("CreateQueue", "EntityWrite")}
# ballerina-platform/ballerina-library#6573 (2024-05)
_CONFLICT = (
    "SubCode=40900. Conflict. You're requesting an operation that isn't allowed in the resource's"
    " current state. To know more visit https://aka.ms/sbResourceMgrExceptions. ."
)
_FOR_EVER = timedelta(days=10675199, hours=2, minutes=48, seconds=5)
_CONNECT = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
_COUNTS = "http://schemas.microsoft.com/netservices/2011/06/servicebus"


@dataclass(frozen=True)
class Counts:
    """The messages of a queue: those to receive, locked ones among them, and the dead letters."""

    active: int
    dead: int


@dataclass(frozen=True)
class Administration:
    """Answers for one namespace; `namespace` is the one in force, `counts` reads a queue's."""

    namespace: Callable[[], Namespace]
    counts: Callable[[Queue], Counts]
    gate: Gate

    def answer(self, request: web.Request, caller: Caller) -> web.Response | None:
        """Return the answer to an operation on a queue that exists, and None for any other.

        Raises AuditError.
        """
        queue = self._queue(request.path.strip("/").lower())
        if queue is None or request.method not in _OPERATIONS:
            return None
        operation, claim = _OPERATIONS[request.method]
        decision = self.gate.admit("bus", operation, caller, *_requirements(queue))
        if isinstance(decision, Denied):
            needed = f"Manage,{claim} claims required for this operation."
            return error(401, f"SubCode=40100: Unauthorized : {needed}")
        if request.method == "PUT":
            return error(409, _CONFLICT)
        host = self.namespace().host
        return _xml(200, description(host, queue, self.counts(queue)))

    def _queue(self, path: str) -> Queue | None:
        return next((each for each in self.namespace().queues if each.name.lower() == path), None)


def error(status: int, detail: str) -> web.Response:
    """Return an error. https://learn.microsoft.com/rest/api/servicebus/error-codes"""
    return _xml(status, f"<Error><Code>{status}</Code><Detail>{escape(detail)}</Detail></Error>")


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


def _requirements(queue: Queue) -> tuple[Requirement, ...]:
    return (
        Requirement.of(queue.id, _WRITE, data=False),
        Requirement.of(queue.id, SEND),
        Requirement.of(queue.id, RECEIVE),
    )


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _xml(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="application/xml", charset="utf-8")
