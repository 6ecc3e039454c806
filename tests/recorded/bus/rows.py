"""The recorded answers of Service Bus, in frames, and the conversation that leads to each.

A fact is a trait of a row: "channel-max 4999". Of put-token the status is the row's, and the first
word of the description its code, where that is one for programs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.recorded.bus.conversation import Conversation
from tests.recorded.rows import Row

_PYTHON = "Azure/azure-sdk-for-python"


@dataclass(frozen=True)
class Asked:
    """A row, and how the answer to it is had."""

    row: Row
    asks: Callable[[Conversation], None]


def _row(name: str, source: str, *traits: str, status: int = 0, code: str = "") -> Row:
    return Row(name, status, code, frozenset(), frozenset(), source, traits=frozenset(traits))


_REPLY = ("unsettled", "a tag of 4 bytes", "message-format 0", "not batchable")

ROWS = (
    Asked(
        _row("OPEN", f"{_PYTHON}#38629 (2024-11), azure-sdk-for-js#9958 (2020)",
             "max-frame-size 65536", "channel-max 4999", "idle-time-out 120000",
             "a container-id of 32 hexadecimal digits and _G"),
        Conversation.opened,
    ),
    Asked(
        _row("BEGIN", f"{_PYTHON}#38629 (2024-11), azure-sdk-for-go#22406",
             "next-outgoing-id 1", "incoming-window 5000", "handle-max 255"),
        Conversation.began,
    ),
    Asked(
        _row("ATTACH of a sender at $cbs", f"{_PYTHON}#37916 (2024-10), amqp/rhea#205",
             "max-message-size 18446744073709551615"),
        Conversation.sender_at_cbs,
    ),
    Asked(
        _row("ATTACH of a receiver at $cbs", f"{_PYTHON}#37916 (2024-10), amqp/rhea#205",
             "max-message-size 18446744073709551615"),
        Conversation.receiver_at_cbs,
    ),
    Asked(
        _row("FLOW at $cbs", "Azure/azure-sdk-for-go#22406",
             "next-incoming-id 0", "incoming-window 5000", "next-outgoing-id 1",
             "outgoing-window 5000", "link-credit 100"),
        Conversation.flow_at_cbs,
    ),
    Asked(
        _row("DISPOSITION of a request to $cbs", "Azure/azure-sdk-for-go#22406",
             "role receiver", "settled", "accepted"),
        Conversation.disposition_of_request,
    ),
    Asked(
        _row("put-token of a token", f"Azure/azure-sdk-for-go#22406, {_PYTHON}#33013 (2023-11)",
             *_REPLY, status=202),
        Conversation.put_token,
    ),
    Asked(
        _row("put-token of an unknown type", "Azure/azure-sdk-for-net#9388 (2020)", *_REPLY,
             status=400),
        Conversation.put_unknown_type,
    ),
    Asked(
        _row("put-token of another issuer's token", "Azure/azure-sdk-for-net#6462, #25306, #27472",
             *_REPLY, status=401, code="InvalidIssuer"),
        Conversation.put_other_issuer,
    ),
    Asked(
        _row("put-token of another service's token", "Azure/azure-sdk-for-net#27644 (2022)",
             *_REPLY, status=401, code="InvalidAudience"),
        Conversation.put_other_audience,
    ),
    Asked(
        _row("put-token of an expired token", f"{_PYTHON}#23487", *_REPLY, status=401,
             code="ExpiredToken"),
        Conversation.put_expired,
    ),
    Asked(
        _row("put-token of a signature where keys are off", "Azure/azure-sdk-for-java#37010",
             *_REPLY, status=401, code="LocalAuthDisabled"),
        Conversation.put_signature,
    ),
    Asked(
        _row("put-token for an entity that does not exist",
             "Azure/azure-service-bus#304, #451, telstrapurple/PurpleExplorer#103 (2025-01): with "
             "shared access signatures", *_REPLY, status=404),
        Conversation.put_unknown_entity,
    ),
    Asked(
        _row("TRANSFER of a message", f"{_PYTHON}#38629 (2024-11), #34270 (2024)",
             "unsettled", "a tag of 16 bytes", "message-format 0", "batchable"),
        Conversation.message,
    ),
    Asked(
        _row("DISPOSITION of a message that is completed", f"{_PYTHON}#36619 (2024-07)",
             "role sender", "settled", "accepted"),
        Conversation.disposition_of_message,
    ),
    Asked(
        _row("DETACH of a link without its right", "Azure/azure-service-bus-java#110",
             "closed", "after an ATTACH without a target", code="amqp:unauthorized-access"),
        Conversation.detached,
    ),
)  # fmt: skip
