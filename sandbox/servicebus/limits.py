"""How long and how large things may be, as on Azure's Standard tier."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Durations in seconds, sizes in bytes. Tests shorten them; the sandbox runs with Azure's.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot
    """

    token_wait: float = 20
    link_idle: float = 10 * 60
    connection_idle: float = 5 * 60
    first_link_wait: float = 60
    max_message_size: int = 262144
