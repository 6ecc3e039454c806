"""proton's own client, which is faster than the SDK and does things that the SDK never would."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from proton import UNDESCRIBED, Array, Data, Message, symbol, ulong
from proton.reactor import LinkOption
from proton.utils import BlockingConnection, LinkDetached

from tests.sandbox.servicebus.harness import Credential
from tests.sandbox.servicebus.world import PRINCIPALS

SESSION_FILTER = "com.microsoft:session-filter"
HOST = "sb-test.servicebus.windows.net"


@dataclass
class Reply:
    """A reply of `$cbs` or `$management`."""

    code: int
    description: str
    condition: str | None
    body: Any


@dataclass
class End:
    """The error that ended a link or a connection, or refused a settlement."""

    name: str
    description: str

    @classmethod
    def of(cls, condition: Any) -> "End":
        """Return proton's condition."""
        return cls(str(condition.name), str(condition.description))


class NoReplyError(Exception):
    """A message of a queue came instead of a reply: the address is not a node that replies."""


class Peer:
    """One AMQP connection, without TLS."""

    def __init__(self, port: int, timeout: float = 60, host: str = HOST) -> None:
        self.connection: Any = BlockingConnection(
            f"127.0.0.1:{port}", timeout=timeout, allowed_mechs="ANONYMOUS", virtual_host=host
        )

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def put(self, token: str, path: str = "orders", kind: str = "jwt") -> Reply:
        """Put a token for the address `path`, or for a whole audience."""
        audience = path if "://" in path else f"sb://{HOST}/{path}"
        properties = {"operation": "put-token", "type": kind, "name": audience}
        return self.ask("$cbs", properties, token)

    def put_as(self, name: str, path: str = "orders", lifetime: int = 3600) -> Reply:
        """Put a fresh token of the principal called `name`."""
        return self.put(Credential(PRINCIPALS[name], lifetime).get_token().token, path)

    def ask(self, node: str, properties: dict[str, Any], body: Any) -> Reply:
        """Send one request. Return its reply. Raises NoReplyError if something else comes."""
        replies = self.connection.create_receiver(node, credit=1)
        requests = self.connection.create_sender(node)
        request = Message(id="7", body=body, properties=properties, reply_to=replies.name)
        requests.send(request)
        answer = replies.receive()
        if answer.correlation_id != "7":
            raise NoReplyError(node)
        requests.close()
        replies.close()
        given = answer.properties
        return Reply(
            given.get("status-code", given.get("statusCode")),
            given.get("status-description", given.get("statusDescription")),
            given.get("errorCondition"),
            answer.body,
        )

    def sender(self, address: str) -> Any:
        """Return a blocking sender. Raises LinkDetached if it is refused."""
        return self.connection.create_sender(address)

    def receiver(self, address: str, credit: int = 0) -> Any:
        """Return a blocking receiver. Raises LinkDetached if it is refused."""
        return self.connection.create_receiver(address, credit=credit)

    def session_receiver(
        self, address: str, session: Any, *, seconds: float = 60, credit: int = 0
    ) -> Any:
        """Return a receiver of a session; None for the next one. Raises LinkDetached."""

        class Options(LinkOption):
            """The filter and the time limit."""

            def apply(self, link: Any) -> None:
                """Set them on the link."""
                link.source.filter.put_object({symbol(SESSION_FILTER): session})
                link.properties = {symbol("com.microsoft:timeout"): ulong(int(seconds * 1000))}

        return self.connection.create_receiver(address, credit=credit, options=Options())

    def wait(self, true: Callable[[], Any], timeout: float = 60) -> None:
        """Process events until something is true. Raises proton.Timeout if it never is."""
        self.connection.wait(true, timeout=timeout)

    def wait_for_end(self, link: Any, timeout: float = 60) -> End:
        """Wait until the bus ends `link`. Return the error."""
        with suppress(LinkDetached):
            self.connection.wait(lambda: is_closed(link), timeout=timeout)
        link.link.close()
        return End.of(link.link.remote_condition)

    def settle(self, delivery: Any, state: int) -> End | None:
        """Settle a delivery, and wait for the bus to confirm it. Return the error, if any."""
        delivery.update(state)
        self.connection.wait(lambda: delivery.settled, timeout=60)
        condition = delivery.remote.condition
        delivery.settle()
        return End.of(condition) if condition else None

    def wait_for_close(self, timeout: float = 60) -> End:
        """Wait until the bus closes the connection. Return the error."""
        connection = self.connection.conn
        try:
            self.connection.wait(lambda: connection.remote_condition, timeout=timeout)
        except Exception:
            if not connection.remote_condition:
                raise
        return End.of(connection.remote_condition)


def is_closed(link: Any) -> bool:
    """Return whether the bus has ended `link`."""
    return bool(link.link.state & link.link.REMOTE_CLOSED)


def lock_tokens(*deliveries: Any) -> Any:
    """Return the lock tokens of deliveries, in the form that `$management` takes."""
    tokens = [UUID(bytes_le=each.tag.encode()) for each in deliveries]
    undescribed: Any = UNDESCRIBED
    return Array(undescribed, Data.UUID, *tokens)


def refusal(error: Any) -> tuple[str, str]:
    """Return the condition and the description that a link was refused with."""
    condition = error.link.remote_condition
    return str(condition.name), str(condition.description)
