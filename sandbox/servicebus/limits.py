"""How long and how large things may be, as on Azure's Standard tier, and how much clients hold."""

from dataclasses import dataclass, field

_KIB = 1024
_MIB = 1024 * _KIB


@dataclass(frozen=True)
class Quota:
    """How much of the bus's memory a client may hold. Azure publishes no such numbers.

    `links` and `sessions` are counted; `unfinished` are the bytes of messages that have not come
    whole, `replies` those of replies that wait for credit.
    """

    links: int
    sessions: int
    unfinished: int
    replies: int


@dataclass(frozen=True)
class Limits:
    """Durations in seconds, sizes in bytes. Tests shorten them; the sandbox runs with Azure's.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot

    The last five are the sandbox's own: what one connection may hold before its token, what a
    principal may on all of its connections, how long a request for `$cbs` may be (a token has up to
    16 KiB), how many connections may be without a token at once, and how often one of them may be
    refused a link or a token.
    """

    token_wait: float = 20
    link_idle: float = 10 * 60
    connection_idle: float = 5 * 60
    first_link_wait: float = 60
    max_message_size: int = 262144
    before_token: Quota = field(default=Quota(16, 16, 64 * _KIB, 64 * _KIB))
    of_a_principal: Quota = field(default=Quota(1000, 5000, 16 * _MIB, 4 * _MIB))
    max_token_request: int = 24 * _KIB
    max_without_token: int = 100
    refusals_before_token: int = 100
