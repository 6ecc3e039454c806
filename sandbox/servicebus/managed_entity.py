"""The entity of one `$management` node: a queue, a topic, a subscription, or the dead letters."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.deployment import Rule
from sandbox.servicebus import session_errors
from sandbox.servicebus.administration.subscription_rules import SubscriptionRules
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.intake import Intake, RejectedError
from sandbox.servicebus.name import ATTACH_RECEIVER, ATTACH_SENDER, Operation
from sandbox.servicebus.serve.entity import Entity
from sandbox.servicebus.serve.session_queue import HeldSession, SessionQueue
from sandbox.servicebus.serve.sessions import SessionLockLostError
from sandbox.servicebus.serve.subqueue import Subqueue
from sandbox.servicebus.unsupported import CONDITION, STATUS


class NotHereError(Exception):
    """The node does not have the operation."""


@dataclass(frozen=True)
class ManagedEntity:
    """The entity of a node, and the needs of its operations.

    A topic has no `entity`, and only a queue or a topic takes messages, by its `intake`. `held`
    returns a session that the connection holds, by its name and that of its link. `rules` is called
    for each request, since a deployment may change them; only a subscription has some, and takes
    `rule_changes`. `unusable` returns the error if its status or a property forbids to send, or to
    receive.
    """

    namespace: str
    path: str
    entity: Entity | None
    is_dead_letters: bool
    intake: Intake | None
    held: Callable[[str, object], HeldSession | None]
    rules: Callable[[], tuple[Rule, ...] | None]
    rule_changes: Callable[[], SubscriptionRules | None]
    unusable: Callable[[Operation], Condition | None]

    @property
    def messages(self) -> Subqueue:
        """Return the messages of the node. Raises NotHereError for a topic, or RejectedError."""
        if self.entity is None:
            raise NotHereError
        self._check_usable(ATTACH_RECEIVER)
        return self.entity.dead_letters if self.is_dead_letters else self.entity.active

    @property
    def sessions(self) -> SessionQueue:
        """Return the sessions of the node. Raises RejectedError if it has none."""
        if self.entity is None or self.entity.sessions is None or self.is_dead_letters:
            raise RejectedError(session_errors.not_here())
        self._check_usable(ATTACH_RECEIVER)
        return self.entity.sessions

    @property
    def sender(self) -> Intake:
        """Return the way for messages to the node.

        Raises NotHereError if there is none, or RejectedError.
        """
        if self.intake is None:
            raise NotHereError
        self._check_usable(ATTACH_SENDER)
        return self.intake

    def session(self, name: str, link: object) -> HeldSession:
        """Return a session that the connection holds. Raises SessionLockLostError."""
        held = self.held(name, link)
        if held is None:
            raise SessionLockLostError(name)
        return held

    def _check_usable(self, operation: Operation) -> None:
        if error := self.unusable(operation):
            raise RejectedError(error, STATUS if error.name == CONDITION else 400)
