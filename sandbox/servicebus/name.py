"""Step 2, name: the entity that an address leads to, and the data actions that a link there needs.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
"""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from sandbox.deployment import EntitySettings, Namespace, Rule
from sandbox.rbac import Requirement
from sandbox.servicebus.not_offered import NotOffered, for_receivers, for_senders

SEND = "Microsoft.ServiceBus/namespaces/messages/send/action"
RECEIVE = "Microsoft.ServiceBus/namespaces/messages/receive/action"

CBS = "$cbs"
MANAGEMENT = "/$management"
_DEAD_LETTERS = "/$deadletterqueue"
# Dead letters of forwarding. The sandbox does not forward, and refuses them by this name.
_TRANSFER = "/$transfer"


@dataclass(frozen=True)
class Operation:
    """An attach of a link: its name in the audit, and the data actions of which it needs one."""

    name: str
    actions: tuple[str, ...]


ATTACH_SENDER = Operation("AttachSender", (SEND,))
ATTACH_RECEIVER = Operation("AttachReceiver", (RECEIVE,))
ATTACH_MANAGEMENT = Operation("AttachManagement", (RECEIVE, SEND))


class EntityKind(Enum):
    """The kinds of entities that an address can lead to."""

    QUEUE = "queue"
    TOPIC = "topic"
    SUBSCRIPTION = "subscription"
    MISSING = "nothing"


@dataclass(frozen=True)
class Node:
    """The target of a link. `path` is the folded address, `scope` the resource that roles apply to.

    The scope of a missing entity is the namespace: a caller with a role there may learn that the
    entity is missing.
    """

    path: str
    resource: str
    scope: str
    kind: EntityKind
    is_dead_letters: bool = False
    is_transfer: bool = False
    is_management: bool = False


@dataclass(frozen=True)
class NamedLink:
    """A link that is understood: its node, and the operation that attaches it."""

    node: Node
    operation: Operation

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return the requirements. Those of dead letters are the same as of their entity."""
        return (Requirement.of(self.node.scope, *self.operation.actions),)

    @property
    def claim(self) -> str:
        """Return Azure's name of the right; for `$management` that of its most common use."""
        if self.operation is ATTACH_MANAGEMENT:
            return "Send" if self.node.kind is EntityKind.TOPIC else "Listen"
        return "Send" if self.operation is ATTACH_SENDER else "Listen"


class Directory:
    """The entities of a namespace by their addresses, whatever their case."""

    def __init__(self, namespace: Namespace) -> None:
        self._entities: dict[str, tuple[EntityKind, str]] = {}
        self._rules: dict[str, tuple[Rule, ...]] = {}
        self._settings: dict[str, EntitySettings] = {}
        self.deploy(namespace)

    def deploy(self, namespace: Namespace) -> None:
        """Replace all entities by those of `namespace`, which has the same name."""
        self._namespace = namespace
        self._not_offered = {
            ATTACH_SENDER: for_senders(namespace),
            ATTACH_RECEIVER: for_receivers(namespace),
        }
        self._entities.clear()
        self._rules.clear()
        self._settings.clear()
        for queue in namespace.queues:
            self._entities[queue.name.lower()] = EntityKind.QUEUE, queue.id
            self._settings[queue.id] = queue.settings
        for topic in namespace.topics:
            self._entities[topic.name.lower()] = EntityKind.TOPIC, topic.id
            self._settings[topic.id] = topic.settings
            for each in topic.subscriptions:
                path = f"{topic.name}/subscriptions/{each.name}".lower()
                self._entities[path] = EntityKind.SUBSCRIPTION, each.id
                self._rules[each.id] = each.rules
                self._settings[each.id] = each.settings

    def path(self, address: str) -> str | None:
        """Return the folded path of an address or an audience; None for another namespace."""
        if "://" in address:
            try:
                parts = urlsplit(address)
                host = (parts.hostname or "").lower()
            except ValueError:
                return None
            if host != self._namespace.host.lower() or parts.query or parts.fragment:
                return None
            address = parts.path
        return address.strip("/").lower()

    def located(self, address: str) -> tuple[str, str]:
        """Return an address as a path, and as Azure's errors write it.

        Both are text: neither depends on the entities that there are.
        """
        path = self.path(address)
        if path is None:
            return address.lower(), address.lower()
        return path, f"sb://{self._namespace.host}/{path}".lower()

    def knows(self, path: str) -> bool:
        """Return whether `path` is the namespace, an entity of it, or a node below one."""
        return not path or self.node(path).kind is not EntityKind.MISSING

    def rules(self, node: Node) -> tuple[Rule, ...] | None:
        """Return the rules of a subscription; None for anything else, dead letters included."""
        return None if node.is_dead_letters else self._rules.get(node.scope)

    def settings(self, node: Node) -> EntitySettings:
        """Return the settings of a node's entity; those by default for a missing one."""
        return self._settings.get(node.scope, EntitySettings())

    def max_message_size(self, node: Node) -> int:
        """Return how many bytes a message to a node's entity may have."""
        return self._namespace.max_message_size(self.settings(node))

    @property
    def largest_message(self) -> int:
        """Return how many bytes the largest message to any entity may have."""
        sizes = map(self._namespace.max_message_size, self._settings.values())
        return max(sizes, default=0)

    def not_offered(self, node: Node, operation: Operation) -> NotOffered | None:
        """Return the property for which a node's entity lets no link send, or receive."""
        return self._not_offered.get(operation, {}).get(node.scope)

    def may_be_used(self, node: Node, operation: Operation) -> bool:
        """Return whether a node's entity lets a link send, or receive."""
        return self.is_enabled(node, operation) and self.not_offered(node, operation) is None

    def is_enabled(self, node: Node, operation: Operation) -> bool:
        """Return whether the status of a node's entity lets a link send, or receive."""
        status = self.settings(node).status
        if operation is ATTACH_SENDER:
            return status.may_send
        return operation is ATTACH_MANAGEMENT or status.may_receive

    def node(self, address: str) -> Node:
        """Return the node that `address` leads to; one of the kind MISSING if there is none."""
        path, resource = self.located(address)
        if self.path(address) is None:
            return Node(path, resource, self._namespace.id, EntityKind.MISSING)
        entity, is_management = _without(path, MANAGEMENT)
        entity, is_dead_letters = _without(entity, _DEAD_LETTERS)
        entity, is_transfer = _without(entity, _TRANSFER) if is_dead_letters else (entity, False)
        kind, scope = self._entities.get(entity, (EntityKind.MISSING, self._namespace.id))
        return Node(path, resource, scope, kind, is_dead_letters, is_transfer, is_management)


def operation_of(path: str, *, is_sender: bool) -> Operation:
    """Return the operation that attaches a link, by its path's suffix and its direction alone.

    `is_sender` is the broker's side: where it sends, the client receives.
    """
    if path.endswith(MANAGEMENT):
        return ATTACH_MANAGEMENT
    return ATTACH_RECEIVER if is_sender else ATTACH_SENDER


def _without(path: str, suffix: str) -> tuple[str, bool]:
    return path.removesuffix(suffix), path.endswith(suffix)
