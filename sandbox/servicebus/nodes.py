"""The nodes that answer requests: `$cbs`, which takes tokens, and an entity's `$management`."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from sandbox.servicebus import conditions
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.wire import Sent, Wire
from sandbox.servicebus.authenticate import PutToken, Tokens
from sandbox.servicebus.conditions import Condition, Status
from sandbox.servicebus.decide import Decider
from sandbox.servicebus.links import Room
from sandbox.servicebus.management import Management, action_of
from sandbox.servicebus.name import RECEIVE, Directory, Node
from sandbox.servicebus.requests import Request, cbs_reply, management_reply

_CREDIT = 100
_UNSETTLED_AT_MOST = 100

Answer = Callable[[Request], bytes]


class ReplySource:
    """The half of a node that a client receives from; requests make it speak.

    Replies of `$cbs` are unsettled, under a tag of four bytes, until the client settles them:
    traces in Azure/azure-sdk-for-go#22406 and azure-sdk-for-python#33013. A client that never does
    so hears of it again from Azure, when is not said (azure-sdk-for-python#37977). Here nothing is
    sent again: once too many are unsettled, the oldest is settled for the client.
    """

    kind = "consumer"

    def __init__(self, wire: Wire, room: Room, *, settled: bool) -> None:
        self.wire = wire
        self._room = room
        self._settled = settled
        self._sizes: deque[int] = deque()
        self._waiting = 0
        self._count = 0
        self._unsettled: dict[str, Sent] = {}

    @property
    def waiting(self) -> int:
        """How many bytes of replies wait for the client's credit."""
        while len(self._sizes) > self.wire.queued:
            self._waiting -= self._sizes.popleft()
        return self._waiting

    def opened(self) -> None:
        """It waits for requests."""

    def send(self, reply: bytes) -> None:
        """Send one reply."""
        self._count += 1
        tag = _tag(self._count)
        sent = self.wire.send(reply, tag, settled=self._settled)
        self._sizes.append(len(reply))
        self._waiting += len(reply)
        self._room.sent(len(reply))
        if self._settled:
            return
        self._unsettled[tag] = sent
        if len(self._unsettled) > _UNSETTLED_AT_MOST:
            self._unsettled.pop(next(iter(self._unsettled))).settle()

    def on_disposition(self, disposition: Disposition) -> None:
        """Settle a reply as the client says."""
        if disposition.is_said and disposition.tag in self._unsettled:
            del self._unsettled[disposition.tag]
            disposition.echo()


class Replies(Protocol):
    """Finds the links that a reply can go out by."""

    def replies(self, path: str) -> Iterable[ReplySource]:
        """The open links on which the client receives from the node at `path`."""


class RequestTarget:
    """The half of a node that a client sends to: each message is a request."""

    kind = "publisher"

    def __init__(
        self,
        wire: Wire,
        path: str,
        answer: Answer,
        replies: Replies,
        room: Room,
        *,
        limit: int,
        turned_away: Callable[[str], None],
    ) -> None:
        """`turned_away` hears why a request was not even read."""
        self._wire = wire
        self._path = path
        self._answer = answer
        self._replies = replies
        self._room = room
        self._limit = limit
        self._turned_away = turned_away

    def opened(self) -> None:
        """Let the client ask."""
        self._wire.grant(_CREDIT)

    def on_transfer(self, transfer: Transfer) -> Condition | None:
        """Answer a request once it is whole; a condition ends the link."""
        if transfer.size > self._limit:
            self._turned_away("the request is too large")
            return conditions.too_large(0, transfer.size, self._limit)
        if not transfer.is_whole:
            return None
        content, _ = transfer.take()
        self._wire.grant(1)
        if not self._room.takes_replies():
            transfer.reject(conditions.replies_wait())
            return None
        try:
            request = Request.parse(content)
        except MalformedError as error:
            self._turned_away("the request is malformed")
            transfer.reject(conditions.malformed(str(error)))
            return None
        transfer.accept()
        return self._reply(request)

    def _reply(self, request: Request) -> Condition | None:
        reply = self._answer(request)
        sources = list(self._replies.replies(self._path))
        named = [each for each in sources if each.wire.target == request.reply_to]
        near = [each for each in sources if each.wire.session == self._wire.session]
        best = (*named, *near, *sources)
        if not best:
            return conditions.not_offered("requests without a link for the replies")
        best[0].send(reply)
        return None


def _tag(number: int) -> str:
    """Return four bytes, the lowest first, all ASCII: proton reads a tag as text."""
    return "".join(chr(number >> shift & 0x7F) for shift in (0, 7, 14, 21))


def cbs_answer(tokens: Tokens, directory: Directory, on_put: Callable[[str], None]) -> Answer:
    """What `$cbs` says; `on_put` is told for which audience another token is in force."""

    def answer(request: Request) -> bytes:
        if request.operation != "put-token":
            return cbs_reply(request, Status(400, "The only operation here is put-token."))
        audience = directory.path(str(request.properties.get("name", "")))
        kind = request.properties.get("type")
        try:
            status = tokens.put(PutToken(kind, audience, request.text))
        except MalformedError as error:
            return cbs_reply(request, Status(400, conditions.malformed(str(error)).description))
        if status.is_success and audience is not None:
            on_put(audience)
        return cbs_reply(request, status)

    return answer


def management_answer(
    node: Node, tokens: Tokens, decider: Decider, management: Management
) -> Answer:
    """What `$management` of an entity says. Each action is decided once for each token."""
    decided: dict[tuple[str, str, str], bool] = {}

    def answer(request: Request) -> bytes:
        action = action_of(request.operation)
        claim = "Listen" if action == RECEIVE else "Send"
        found = tokens.covering(node.path)
        if found is None:
            return _refused(request, conditions.unauthorized(claim, node.resource))
        caller = found[1]
        key = caller.principal_id, caller.token_id, action
        if key not in decided:
            decided[key] = decider.may_manage(caller, node, request.operation, action)
        if not decided[key]:
            return _refused(request, conditions.unauthorized(claim, node.resource))
        given = management.answer(request)
        return management_reply(request, given.status, given.body)

    return answer


def _refused(request: Request, condition: Condition) -> bytes:
    return management_reply(request, Status(401, condition.description, condition.name))
