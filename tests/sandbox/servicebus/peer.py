"""A client that is no SDK: proton's own, for what the SDK would never do."""

from dataclasses import dataclass
from typing import Any

from proton import Condition, Delivery, Message
from proton.utils import BlockingConnection, BlockingReceiver, BlockingSender, LinkDetached

from tests.sandbox.servicebus.harness import Credential, Running
from tests.sandbox.servicebus.world import PRINCIPALS

HOST = "sb-test.servicebus.windows.net"


@dataclass
class Reply:
    """What `$cbs` or `$management` said."""

    code: int
    description: str
    condition: str | None
    body: Any


class Peer:
    """One AMQP connection, without TLS."""

    def __init__(self, bus: Running, timeout: float = 5) -> None:
        self._connection = BlockingConnection(
            f"127.0.0.1:{bus.plain_port}", timeout=timeout, allowed_mechs="ANONYMOUS"
        )

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def put(self, token: str, path: str = "orders", kind: str = "jwt") -> Reply:
        """Put a token for the address `path`, or for a whole audience."""
        audience = path if "://" in path else f"sb://{HOST}/{path}"
        properties = {"operation": "put-token", "type": kind, "name": audience}
        return self.ask("$cbs", properties, token)

    def put_as(self, name: str, path: str = "orders", lifetime: int = 3600) -> Reply:
        """Put a fresh token of the principal called `name`."""
        return self.put(Credential(PRINCIPALS[name], lifetime).get_token().token, path)

    def ask(self, node: str, properties: dict[str, Any], body: Any) -> Reply:
        """One request and its reply."""
        replies = self._connection.create_receiver(node, credit=1)
        requests = self._connection.create_sender(node)
        request = Message(id="7", body=body, properties=properties, reply_to=replies.name)
        requests.send(request)
        answer = replies.receive()
        assert answer.correlation_id == "7"
        requests.close()
        replies.close()
        said = answer.properties
        return Reply(
            said.get("status-code", said.get("statusCode")),
            said.get("status-description", said.get("statusDescription")),
            said.get("errorCondition"),
            answer.body,
        )

    def sender(self, address: str) -> BlockingSender:
        """A sender. Raises LinkDetached if it is refused."""
        return self._connection.create_sender(address)

    def receiver(self, address: str, credit: int = 0) -> BlockingReceiver:
        """A receiver. Raises LinkDetached if it is refused."""
        return self._connection.create_receiver(address, credit=credit)

    def wait_for_end(self, link: Any, timeout: float = 5) -> Condition:
        """Until the bus ends `link`; why it did."""
        closed = link.link.REMOTE_CLOSED
        try:
            self._connection.wait(lambda: link.link.state & closed, timeout=timeout)
        except LinkDetached:
            pass
        link.link.close()
        return link.link.remote_condition

    def settle(self, delivery: Delivery, state: int) -> Condition | None:
        """Settle a delivery and wait for what the bus says; why it would not, if so."""
        delivery.update(state)
        self._connection.wait(lambda: delivery.settled, timeout=5)
        condition = delivery.remote.condition
        delivery.settle()
        return condition

    def wait_for_close(self, timeout: float = 5) -> Condition:
        """Until the bus closes the connection; why it did."""
        connection = self._connection.conn
        try:
            self._connection.wait(
                lambda: connection.state & connection.REMOTE_CLOSED, timeout=timeout
            )
        except Exception:
            if not connection.remote_condition:
                raise
        return connection.remote_condition


def refusal(error: LinkDetached) -> tuple[str, str]:
    """The condition and the description that a link was refused with."""
    condition = error.link.remote_condition
    return condition.name, condition.description
