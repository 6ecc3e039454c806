"""Step 2, name: which entity an address means, and which data action a link on it needs.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
"""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from sandbox.deployment import Namespace, Rule
from sandbox.rbac import Requirement

SEND = "Microsoft.ServiceBus/namespaces/messages/send/action"
RECEIVE = "Microsoft.ServiceBus/namespaces/messages/receive/action"

CBS = "$cbs"
_MANAGEMENT = "/$management"
_DEAD = "/$deadletterqueue"
# Dead letters of forwarding, which the sandbox does not do: named, so that it is refused as such.
_TRANSFER = "/$transfer"


class Purpose(Enum):
    """What a link is for. The value is what Azure calls the right to it."""

    SEND = "Send"
    LISTEN = "Listen"
    MANAGE = "Listen, Send"

    @property
    def actions(self) -> tuple[str, ...]:
        """The data actions of which one is needed."""
        return {
            Purpose.SEND: (SEND,),
            Purpose.LISTEN: (RECEIVE,),
            Purpose.MANAGE: (RECEIVE, SEND),
        }[self]

    @property
    def operation(self) -> str:
        """What the audit calls it."""
        return {
            Purpose.SEND: "AttachSender",
            Purpose.LISTEN: "AttachReceiver",
            Purpose.MANAGE: "AttachManagement",
        }[self]


class Kind(Enum):
    """What an address leads to."""

    QUEUE = "queue"
    TOPIC = "topic"
    SUBSCRIPTION = "subscription"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Node:
    """Where a link leads. `path` is the address, folded; `scope` is where its roles are looked for.

    An entity that is not there is looked for at the namespace: who may there, may be told that it
    is not there.
    """

    path: str
    resource: str
    scope: str
    kind: Kind
    dead: bool = False
    transfer: bool = False
    management: bool = False

    def need(self, purpose: Purpose) -> Requirement:
        """What a link of that purpose needs here. Dead letters need what their entity needs."""
        return Requirement.of(self.scope, *purpose.actions)


class Directory:
    """The entities of a namespace by their addresses, in upper or lower case."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._entities: dict[str, tuple[Kind, str]] = {}
        self._rules: dict[str, tuple[Rule, ...]] = {}
        for queue in namespace.queues:
            self._entities[queue.name.lower()] = Kind.QUEUE, queue.id
        for topic in namespace.topics:
            self._entities[topic.name.lower()] = Kind.TOPIC, topic.id
            for each in topic.subscriptions:
                path = f"{topic.name}/subscriptions/{each.name}".lower()
                self._entities[path] = Kind.SUBSCRIPTION, each.id
                self._rules[each.id] = each.rules

    def path(self, address: str) -> str | None:
        """The folded path of an address or an audience; None if it is of another namespace."""
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

    def knows(self, path: str) -> bool:
        """Whether `path` is the namespace, an entity of it, or a node below one."""
        return not path or self.node(path).kind is not Kind.NOTHING

    def rules(self, node: Node) -> tuple[Rule, ...] | None:
        """Return the rules of a subscription; None for anything else, dead letters included."""
        return None if node.dead else self._rules.get(node.scope)

    def node(self, address: str) -> Node:
        """Where `address` leads; to nothing, if there is nothing."""
        path = self.path(address)
        resource = f"sb://{self._namespace.host}/{path or ''}".lower()
        if path is None:
            return Node(address.lower(), address.lower(), self._namespace.id, Kind.NOTHING)
        entity, management = _without(path, _MANAGEMENT)
        entity, dead = _without(entity, _DEAD)
        entity, transfer = _without(entity, _TRANSFER) if dead else (entity, False)
        kind, scope = self._entities.get(entity, (Kind.NOTHING, self._namespace.id))
        return Node(path, resource, scope, kind, dead, transfer, management)


def _without(path: str, suffix: str) -> tuple[str, bool]:
    return path.removesuffix(suffix), path.endswith(suffix)
