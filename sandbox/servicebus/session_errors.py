"""Azure's errors about sessions: condition and text of each, and where the text was seen."""

from sandbox.servicebus.errors import Condition, at_gateway, located


def id_missing() -> Condition:
    """Return the error for a message without a session id, where an entity requires sessions.

    Azure/azure-sdk-for-go, messaging/azservicebus/session_receiver_test.go
    """
    text = (
        "The SessionId was not set on a message, and it cannot be sent to the entity. Entities "
        "that have session support enabled can only receive messages that have the SessionId set "
        "to a valid value."
    )
    return Condition("amqp:not-allowed", at_gateway(text))


def required() -> Condition:
    """Return the error for a receiver without a session on an entity that requires sessions.

    Azure/azure-service-bus#326, paolosalvatori/ServiceBusExplorer#549
    """
    text = (
        "It is not possible for an entity that requires sessions to create a non-sessionful "
        "message receiver."
    )
    return Condition("amqp:not-allowed", at_gateway(text))


def filter_not_text() -> Condition:
    """Return the error for a session id that is no string. The words are ours.

    That there is one: the live test of azure-servicebus that asks for the session 1.
    """
    return Condition("amqp:invalid-field", at_gateway("The session filter is not a string."))


def cannot_be_locked(session: str) -> Condition:
    """Return the error for a session that another receiver holds. Azure/azure-sdk-for-js#7618"""
    text = (
        f"The requested session '{session}' cannot be accepted. It may be locked by another "
        "receiver."
    )
    return Condition("com.microsoft:session-cannot-be-locked", at_gateway(text))


def lock_lost(namespace: str, path: str) -> Condition:
    """Return the error for a session whose lock has ended.

    Azure/azure-sdk-for-go, messaging/azservicebus/session_receiver_test.go
    """
    text = "The session lock has expired on the MessageSession. Accept a new MessageSession."
    return Condition("com.microsoft:session-lock-lost", located(text, namespace, path))


def none_in_time(seconds: float, namespace: str, path: str) -> Condition:
    """Return the error for a receiver that waited in vain for a session with messages.

    The condition is in the SDKs; the text is that of another operation that timed out
    (Particular/NServiceBus.AzureServiceBus#273).
    """
    minutes, rest = divmod(seconds, 60)
    text = (
        f"The operation did not complete within the allotted timeout of "
        f"00:{int(minutes):02}:{rest:02.0f}. The time allotted to this operation may have been a "
        "portion of a longer timeout."
    )
    return Condition("com.microsoft:timeout", located(text, namespace, path))


def not_here() -> Condition:
    """Return the error for a session receiver on an entity without sessions.

    vdesabou/kafka-docker-playground#7949
    """
    text = (
        "A sessionful message receiver cannot be created on an entity that does not require "
        "sessions. Ensure RequiresSession is set to true when creating a Queue or Subscription "
        "to enable sessionful behavior."
    )
    return Condition("amqp:not-allowed", at_gateway(text))
