"""Step 4, serve: the endpoint of a link that is allowed."""

from collections.abc import Callable
from functools import partial

from sandbox.entra import Caller
from sandbox.refusal import Refusal
from sandbox.servicebus import errors, session_errors
from sandbox.servicebus.administration.subscription_rules import SubscriptionRules
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.context import BusContext
from sandbox.servicebus.endpoints import Backpressure, Publisher, Receiver
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.intake import Intake
from sandbox.servicebus.links import Endpoint, Links
from sandbox.servicebus.managed_entity import ManagedEntity
from sandbox.servicebus.name import ATTACH_SENDER, CBS, MANAGEMENT, Node, Operation
from sandbox.servicebus.nodes import (
    ReplySource,
    RequestTarget,
    Responder,
    cbs_responder,
    management_responder,
)
from sandbox.servicebus.serve.subqueue import Source
from sandbox.servicebus.session_links import SessionOpening

# An AMQP error has no number beside its condition.
_NO_STATUS = 0


class LinkEndpoints:
    """The endpoints of one connection's links."""

    def __init__(
        self,
        context: BusContext,
        links: Links,
        backpressure: Backpressure,
        *,
        may_reply: Callable[[], bool],
        on_unread: Callable[[str, str], None],
        connection: str,
    ) -> None:
        """`may_reply` and `on_unread` are those of RequestTarget.

        `on_unread` also gets the operation's name. `connection` is the container id, for errors.
        """
        self._context = context
        self._links = links
        self._tokens = links.tokens
        self._backpressure = backpressure
        self._may_reply = may_reply
        self._on_unread = on_unread
        self._connection = connection

    def unusable(self, node: Node, operation: Operation) -> Condition | None:
        """Return the error if the status or a property of a node's entity forbids an operation."""
        directory = self._context.directory
        if directory.is_enabled(node, operation):
            found = directory.not_offered(node, operation)
            return errors.not_offered(found) if found else None
        name, sending = self._context.namespace.name, operation is ATTACH_SENDER
        return errors.disabled(node.resource, name, node.path, sending=sending)

    def publisher(self, link: Link, node: Node, caller: Caller) -> Publisher:
        """Return the endpoint of a sender. Raises Refusal where nothing can be sent to."""
        intake = self._intake(node, caller)
        if intake is None:
            raise link_refusal(errors.not_for_sending(node.resource))
        return Publisher(link, intake)

    def receiver(self, link: Link, node: Node) -> Receiver | SessionOpening:
        """Return the endpoint of a receiver. Raises Refusal if it and the entity do not fit."""
        entity = self._context.broker.entities.get(node.scope.lower())
        if entity is None:
            raise link_refusal(self._not_found(node))
        sessions = None if node.is_dead_letters else entity.sessions
        if link.asks_for_session and sessions is None:
            raise link_refusal(session_errors.not_here())
        if sessions is None:
            source = entity.dead_letters if node.is_dead_letters else entity.active
            return self.receiver_of(source, link, node.path)
        if not link.asks_for_session:
            raise link_refusal(session_errors.required())
        name = link.session_id
        if name is not None and not isinstance(name, str):
            raise link_refusal(session_errors.filter_not_text())
        origin = self._context.namespace.name, node.path
        return SessionOpening(sessions, name, link.timeout, origin)

    def receiver_of(self, source: Source, link: Link, path: str) -> Receiver:
        """Return the receiver of a subqueue's messages, or of a session's."""
        origin = self._context.namespace.name, path
        receiver = Receiver(link, source, self._backpressure, origin)
        self._context.dispatcher.attach(source, receiver)
        return receiver

    def management(self, link: Link, node: Node, caller: Caller) -> Endpoint:
        """Return an endpoint of an entity's `$management`."""
        if link.is_sender:
            return ReplySource(link, self._backpressure, settled=True)
        entity = self._context.broker.entities.get(node.scope.lower())
        managed = ManagedEntity(
            namespace=self._context.namespace.name,
            path=node.path,
            entity=entity,
            is_dead_letters=node.is_dead_letters,
            intake=self._intake(node, caller),
            held=partial(self._links.held_session, node.path.removesuffix(MANAGEMENT)),
            rules=partial(self._context.directory.rules, node),
            rule_changes=partial(
                SubscriptionRules.of, self._context.managed, node.scope, caller.name
            ),
            unusable=partial(self.unusable, node),
        )
        respond = management_responder(node, self._tokens, self._context.gate, managed)
        limit = self._context.directory.max_message_size(node)
        return self._request_target(link, node.path, respond, "Manage", limit)

    def cbs(self, link: Link) -> Endpoint:
        """Return an endpoint of `$cbs`. Raises Refusal for a second one in its direction."""
        is_sender = link.is_sender
        if any(each.path == CBS and each.link.is_sender == is_sender for each in self._links):
            raise link_refusal(errors.cbs_open_already(self._connection))
        if is_sender:
            return ReplySource(link, self._backpressure, settled=False)
        respond = cbs_responder(self._tokens, self._context.directory, self._links.on_token)
        limit = self._context.limits.max_token_request
        return self._request_target(link, CBS, respond, "PutToken", limit)

    def _intake(self, node: Node, caller: Caller) -> Intake | None:
        """Return how messages are taken for a queue or a topic; None for anything else."""
        destination = self._context.broker.destinations.get(node.scope.lower())
        if destination is None or node.is_dead_letters:
            return None
        return Intake(
            destination,
            self._context.directory.max_message_size(node),
            assign_ids=self._context.assign_ids,
            throttled=partial(self._throttled, caller),
        )

    def _throttled(self, caller: Caller) -> Condition | None:
        refusal = self._context.throttle(caller)
        if refusal is None:
            return None
        self._context.gate.refuse("bus", "SendMessage", refusal.reason, caller.name)
        return Condition(refusal.code, refusal.message)

    def _request_target(
        self, link: Link, path: str, respond: Responder, operation: str, limit: int
    ) -> RequestTarget:
        return RequestTarget(
            link,
            path,
            respond,
            self._links,
            self._may_reply,
            limit=limit,
            on_unread=partial(self._on_unread, operation),
        )

    def _not_found(self, node: Node) -> Condition:
        return errors.not_found(node.resource, self._context.namespace.name, node.path)


def link_refusal(condition: Condition, reason: str = "") -> Refusal:
    """Return the refusal of a link. The audit gets `reason`."""
    return Refusal(_NO_STATUS, condition.name, condition.description, reason)
