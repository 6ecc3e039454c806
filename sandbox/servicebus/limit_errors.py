"""Errors about the limits of a link, a message or a connection, and where each text was seen."""

from sandbox.servicebus.errors import Condition, at_gateway, tracking


def too_large(delivery: int, size: int, limit: int) -> Condition:
    """Return the error for a message above the link's max-message-size.

    The words are from Microsoft.Azure.ServiceBus.MessageSizeExceededException. The message is
    rejected and the link stays open: azure-sdk-for-python's live test of send_messages expects so.
    """
    text = (
        f"The received message (delivery-id:{delivery}, size:{size} bytes) exceeds the limit "
        f"({limit} bytes) currently allowed on the link."
    )
    return Condition("amqp:link:message-size-exceeded", text)


def too_many(kind: str, allowed: int) -> Condition:
    """Return the error for more links or sessions than a client may have.

    The text is Azure's for links: Azure/azure-sdk-for-java#25718, azure-sdk-for-java#32211
    """
    text = (
        f"Cannot allocate more {kind} to the current session or connection. The maximum number of "
        f"{kind} allowed is {allowed}. Please free up resources and try again."
    )
    return Condition("amqp:resource-limit-exceeded", at_gateway(text))


def unfinished(allowed: int) -> Condition:
    """Return the error for too many bytes of unfinished messages. The words are ours."""
    text = f"More than {allowed} bytes of messages were sent whose end has not come."
    return Condition("amqp:resource-limit-exceeded", at_gateway(text))


def replies_wait() -> Condition:
    """Return the error for a request while too many replies wait for credit. The words are ours."""
    text = "Too many bytes of replies to other requests wait until they are received."
    return Condition("amqp:resource-limit-exceeded", at_gateway(text))


def refused_too_often(times: int) -> Condition:
    """Return the error for a connection without a token and with many refusals. Ours."""
    text = f"Refused {times} times, and no valid token was put."
    return Condition("amqp:connection:forced", at_gateway(text))


def crowded_out(allowed: int) -> Condition:
    """Return the error for a connection without a token that makes room for newer ones. Ours."""
    text = f"More than {allowed} connections have put no valid token."
    return Condition("amqp:connection:forced", at_gateway(text))


def idle_link(link: str, kind: str, seconds: float) -> Condition:
    """Return the error for a link that was idle for ten minutes.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot
    """
    minutes, rest = divmod(int(seconds), 60)
    text = (
        f"The link '{link}' is force detached by the broker due to errors occurred in "
        f"{kind}(link1). Detach origin: AmqpMessage{kind.capitalize()}.IdleTimerExpired: "
        f"Idle timeout: 00:{minutes:02}:{rest:02}. TrackingId:{tracking()}"
    )
    return Condition("amqp:link:detach-forced", text)


def idle_connection(seconds: float) -> Condition:
    """Return the error for a connection without a link for five minutes, or its first minute.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot
    """
    text = (
        f"The connection was inactive for more than the allowed {int(seconds * 1000)} "
        f"milliseconds and is closed by container 'LinkTracker'. TrackingId:{tracking()}"
    )
    return Condition("amqp:connection:forced", text)


def no_token(seconds: float) -> Condition:
    """Return the error for a connection without a token for twenty seconds. The words are ours.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    """
    text = f"No valid token was put on the connection within {seconds:g} seconds."
    return Condition("amqp:connection:forced", at_gateway(text))


def oversized_properties(reason: str) -> Condition:
    """Return the error for properties above Azure's limits. Condition and words are ours."""
    return Condition("amqp:not-allowed", at_gateway(f"The message is refused: {reason}."))


def too_much_at_once(limit: int) -> Condition:
    """Return the error for messages that do not fit into one reply. The words are ours."""
    text = f"The messages take more than {limit} bytes. Ask for fewer at once."
    return Condition("com.microsoft:argument-error", at_gateway(text))
