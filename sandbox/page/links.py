"""Attaches a link of Service Bus as one of the deployment's principals, and detaches it again.

No message is sent or taken: the right is decided when a link attaches, or when a peek is asked for.
"""

import re
import uuid
from typing import Any

from proton import LinkException, Message, ProtonException, SSLDomain, int32
from proton.utils import BlockingConnection

from sandbox.page.answer import Answer
from sandbox.page.attempts import PEEK, SEND_LINK, Attempt
from sandbox.page.running import Running

_TIMEOUT = 10  # seconds
_LONGEST = 4096
_ACCEPTED = range(200, 300)
# The bus's own sentence, in the text of proton's error.
_DESCRIPTION = re.compile(r"""Condition\(.+?, (?P<quote>["'])(?P<text>.*)(?P=quote)""", re.DOTALL)


class LinkError(RuntimeError):
    """The bus gave no answer; the message is one sentence."""


def attach(running: Running, attempt: Attempt, token: str) -> Answer:
    """Put `token` on a connection of its own and attach the link. It blocks. Raises LinkError."""
    asked = f"{attempt.method} sb://{attempt.host}/{attempt.path}"
    try:
        connection = BlockingConnection(
            f"amqps://127.0.0.1:{running.amqp_port}",
            timeout=_TIMEOUT,
            ssl_domain=_trust(running),
            allowed_mechs="ANONYMOUS",
            virtual_host=attempt.host,
        )
        try:
            return _attached(connection, attempt, token, asked)
        finally:
            connection.close()
    except ProtonException as error:
        raise LinkError(str(error)) from error


def _attached(connection: BlockingConnection, attempt: Attempt, token: str, asked: str) -> Answer:
    status, description = _put(connection, f"sb://{attempt.host}/{attempt.path}", token)
    if status not in _ACCEPTED:
        return Answer(asked, status, description, refused=True)
    try:
        if attempt.method == PEEK:
            return _peeked(connection, attempt, asked)
        if attempt.method == SEND_LINK:
            connection.create_sender(attempt.path)
        else:
            connection.create_receiver(attempt.path, credit=0)
    except LinkException as error:
        condition = getattr(error, "condition", None)
        found = _DESCRIPTION.search(str(error))
        text = (found["text"] if found else str(error))[:_LONGEST]
        return Answer(asked, 0, str(condition or "refused"), text, refused=True)
    return Answer(asked, 0, "attached")


def _peeked(connection: BlockingConnection, attempt: Attempt, asked: str) -> Answer:
    """Peek at one message, without a look at it.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response#peek-message
    """
    body = {"from-sequence-number": 0, "message-count": int32(1)}
    answer = _request(
        connection,
        f"{attempt.path}/$management",
        Message(body, properties={"operation": "com.microsoft:peek-message"}),
        is_settled=True,
    )
    properties: dict[str, Any] = answer.properties or {}
    status, text = int(properties.get("statusCode", 0)), str(properties.get("statusDescription"))
    refused = status not in _ACCEPTED
    reason = str(properties.get("errorCondition") or "refused") if refused else "peeked"
    return Answer(asked, status, reason, text[:_LONGEST] if refused else "", refused=refused)


def _put(connection: BlockingConnection, audience: str, token: str) -> tuple[int, str]:
    """Put a token on the connection; return the bus's status and its sentence.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    """
    properties = {"operation": "put-token", "type": "jwt", "name": audience}
    message = Message(token, properties=properties)
    answer = _request(connection, "$cbs", message, is_settled=False)
    found: dict[str, Any] = answer.properties or {}
    return int(found.get("status-code", 0)), str(found.get("status-description", ""))


def _request(
    connection: BlockingConnection, node: str, message: Message, *, is_settled: bool
) -> Message:
    """Return the answer of a node that answers requests; those of $cbs come unsettled."""
    receiver, sender = connection.create_receiver(node), connection.create_sender(node)
    message.id, message.reply_to = str(uuid.uuid4()), node
    sender.send(message)
    answer = receiver.receive(timeout=_TIMEOUT)
    if not is_settled:
        receiver.accept()
    return answer


def _trust(running: Running) -> SSLDomain:
    domain = SSLDomain(SSLDomain.MODE_CLIENT)
    domain.set_trusted_ca_db(str(running.ca))
    domain.set_peer_authentication(SSLDomain.VERIFY_PEER)
    return domain
