"""The nodes that answer requests: `$cbs`, which takes tokens, and an entity's `$management`."""

from collections.abc import Callable, Iterable
from typing import Protocol

from sandbox.servicebus import conditions
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.wire import Wire
from sandbox.servicebus.authenticate import PutToken, Tokens
from sandbox.servicebus.conditions import Condition, Status
from sandbox.servicebus.decide import Decider
from sandbox.servicebus.management import Management, action_of
from sandbox.servicebus.name import RECEIVE, Directory, Node
from sandbox.servicebus.requests import Request, cbs_reply, management_reply

_CREDIT = 100
# Replies that nobody fetches are a client's mistake or malice; more of them are not kept.
_UNREAD_AT_MOST = 1000

Answer = Callable[[Request], bytes]


class Replies(Protocol):
    """Finds the link that a reply goes out by."""

    def reply_wires(self, path: str) -> Iterable[Wire]:
        """The open links on which the client receives from the node at `path`."""


class ReplySource:
    """The half of a node that a client receives from; requests make it speak."""

    kind = "consumer"

    def opened(self) -> None:
        """It waits for requests."""

    def on_disposition(self, disposition: Disposition) -> None:
        """Replies are settled when they are sent."""


class RequestTarget:
    """The half of a node that a client sends to: each message is a request."""

    kind = "publisher"

    def __init__(
        self,
        wire: Wire,
        path: str,
        answer: Answer,
        replies: Replies,
        *,
        limit: int,
        turned_away: Callable[[str], None],
    ) -> None:
        """`turned_away` hears why a request was not even read."""
        self._wire = wire
        self._path = path
        self._answer = answer
        self._replies = replies
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
        wires = list(self._replies.reply_wires(self._path))
        named = [each for each in wires if each.target == request.reply_to]
        near = [each for each in wires if each.session == self._wire.session]
        for wire in (*named, *near, *wires):
            if wire.queued >= _UNREAD_AT_MOST:
                break
            wire.send(reply, "reply", settled=True)
            return None
        return conditions.not_implemented("requests without a link for the replies")


def cbs_answer(tokens: Tokens, directory: Directory, on_put: Callable[[str], None]) -> Answer:
    """What `$cbs` says; `on_put` is told for which audience another token is in force."""

    def answer(request: Request) -> bytes:
        if request.operation != "put-token":
            return cbs_reply(request, Status(400, "The only operation here is put-token."))
        audience = directory.path(str(request.properties.get("name", "")))
        kind = str(request.properties.get("type", ""))
        token = request.body if isinstance(request.body, str) else ""
        status = tokens.put(PutToken(kind, audience, token))
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
