"""The nodes that answer requests: `$cbs`, which takes tokens, and an entity's `$management`."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from sandbox.audit import Gate
from sandbox.rbac import Denied, Requirement
from sandbox.servicebus import errors, limit_errors, management, unsupported
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.link import Link, OutgoingDelivery
from sandbox.servicebus.authenticate import PutToken, Tokens
from sandbox.servicebus.endpoints import Backpressure
from sandbox.servicebus.errors import Condition, Status
from sandbox.servicebus.managed_entity import ManagedEntity
from sandbox.servicebus.name import RECEIVE, Directory, Node
from sandbox.servicebus.requests import Request, cbs_reply, management_reply

_CREDIT = 100
_MAX_UNSETTLED = 100

# It answers a request by the bytes of a reply.
Responder = Callable[[Request], bytes]


class ReplySource:
    """The half of a node that a client receives replies from.

    Replies of `$cbs` are unsettled, under a tag of four bytes, until the client settles them:
    traces in Azure/azure-sdk-for-go#22406 and azure-sdk-for-python#33013. Azure sends an unsettled
    reply again after an unknown time (azure-sdk-for-python#37977). This side never does; once too
    many are unsettled, it settles the oldest itself.
    """

    kind = "consumer"

    def __init__(self, link: Link, backpressure: Backpressure, *, settled: bool) -> None:
        self.link = link
        self._backpressure = backpressure
        self._settled = settled
        self._sizes: deque[int] = deque()
        self._waiting = 0
        self._count = 0
        self._unsettled: dict[str, OutgoingDelivery] = {}

    @property
    def waiting(self) -> int:
        """Return how many bytes of replies wait for the client's credit."""
        while len(self._sizes) > self.link.queued:
            self._waiting -= self._sizes.popleft()
        return self._waiting

    def opened(self) -> None:
        """Wait for requests."""

    def send(self, reply: bytes) -> None:
        """Send one reply."""
        self._count += 1
        tag = _tag(self._count)
        self._sizes.append(len(reply))
        self._waiting += len(reply)
        self._backpressure.count_unsent(len(reply))
        if self._settled:
            self.link.send(reply, tag, settled=True)
            return
        self._unsettled[tag] = self.link.send_unsettled(reply, tag)
        if len(self._unsettled) > _MAX_UNSETTLED:
            self._unsettled.pop(next(iter(self._unsettled))).settle()

    def on_disposition(self, disposition: Disposition) -> None:
        """Settle a reply."""
        if disposition.is_final and disposition.tag in self._unsettled:
            del self._unsettled[disposition.tag]
            disposition.confirm()


class _Replies(Protocol):
    """The links that replies can be sent on."""

    def reply_sources(self, path: str) -> Iterable[ReplySource]:
        """Yield the open links on which the client receives from the node at `path`."""


class RequestTarget:
    """The half of a node that a client sends requests to."""

    kind = "publisher"

    def __init__(
        self,
        link: Link,
        path: str,
        respond: Responder,
        replies: _Replies,
        may_reply: Callable[[], bool],
        *,
        limit: int,
        on_unread: Callable[[str], None],
    ) -> None:
        """`may_reply` returns whether waiting replies leave room for another.

        `limit` is the size of a request in bytes. `on_unread` gets why one was not even read.
        """
        self._link = link
        self._path = path
        self._respond = respond
        self._replies = replies
        self._may_reply = may_reply
        self._limit = limit
        self._on_unread = on_unread

    def opened(self) -> None:
        """Grant the client credit."""
        self._link.grant_credit(_CREDIT)

    def on_transfer(self, transfer: Transfer) -> Condition | None:
        """Answer a request once it is whole. Return an error if the link must end."""
        if transfer.size > self._limit:
            self._on_unread("the request is too large")
            return limit_errors.too_large(0, transfer.size, self._limit)
        if not transfer.is_whole:
            return None
        in_transaction = transfer.in_transaction
        content, _ = transfer.take()
        # At half: a client of Azure's SDK reads a frame in 50 ms while it opens a connection.
        if self._link.credit <= _CREDIT // 2:
            self._link.grant_credit(_CREDIT - self._link.credit)
        if in_transaction:
            transfer.reject(errors.unsupported(unsupported.REQUESTED_IN_TRANSACTION.feature))
            return None
        if not self._may_reply():
            transfer.reject(limit_errors.replies_wait())
            return None
        try:
            request = Request.parse(content)
        except MalformedError as error:
            self._on_unread("the request is malformed")
            transfer.reject(errors.malformed(str(error)))
            return None
        transfer.accept()
        return self._reply(request)

    def _reply(self, request: Request) -> Condition | None:
        """Reply on the link that the request names, else on one of its session, else on any."""
        reply = self._respond(request)
        sources = list(self._replies.reply_sources(self._path))
        named = [each for each in sources if each.link.target == request.reply_to]
        near = [each for each in sources if each.link.session == self._link.session]
        best = (*named, *near, *sources)
        if not best:
            return errors.unsupported("requests without a link for the replies")
        best[0].send(reply)
        return None


def _tag(number: int) -> str:
    """Return four bytes, the lowest first, all ASCII: proton reads a tag as text."""
    return "".join(chr(number >> shift & 0x7F) for shift in (0, 7, 14, 21))


def cbs_responder(tokens: Tokens, directory: Directory, on_put: Callable[[str], None]) -> Responder:
    """Return the responder of `$cbs`. `on_put` gets the audience of each token it accepts."""

    def respond(request: Request) -> bytes:
        if request.operation != "put-token":
            return cbs_reply(request, Status(400, "The only operation here is put-token."))
        audience = directory.path(str(request.properties.get("name", "")))
        kind = request.properties.get("type")
        try:
            status = tokens.put(PutToken(kind, audience, request.text))
        except MalformedError as error:
            return cbs_reply(request, Status(400, errors.malformed(str(error)).description))
        if status.is_success and audience is not None:
            on_put(audience)
        return cbs_reply(request, status)

    return respond


def management_responder(
    node: Node, tokens: Tokens, gate: Gate, managed: ManagedEntity
) -> Responder:
    """Return the responder of an entity's `$management`.

    The gate decides each action once per token, not once per request.
    """
    decided: dict[tuple[str, str, str], bool] = {}

    def is_allowed(operation: str, action: str) -> bool:
        found = tokens.covering(node.path)
        if found is None:
            return False
        caller = found[1]
        key = caller.principal_id, caller.token_id, action
        if key not in decided:
            decision = gate.admit("bus", operation, caller, Requirement.of(node.scope, action))
            decided[key] = not isinstance(decision, Denied)
        return decided[key]

    def respond(request: Request) -> bytes:
        action = management.action_of(request.operation)
        if not is_allowed(request.operation, action):
            claim = "Listen" if action == RECEIVE else "Send"
            error = errors.unauthorized(claim, node.resource)
            return management_reply(request, Status(401, error.description, error.name))
        response = management.respond(managed, request)
        return management_reply(request, response.status, response.body)

    return respond
