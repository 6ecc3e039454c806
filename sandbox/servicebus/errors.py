"""Azure's error answers: the condition and the text of each, and where the text was seen."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sandbox.entra import Reason, TokenRefused
from sandbox.servicebus.not_offered import NotOffered
from sandbox.servicebus.unsupported import CONDITION


@dataclass(frozen=True)
class Condition:
    """An AMQP error: a symbolic name for programs, a description for people."""

    name: str
    description: str


@dataclass(frozen=True)
class Status:
    """The result of a request to `$cbs` or `$management`, in Azure's numbers and words."""

    code: int
    description: str
    condition: str | None = None

    @property
    def is_success(self) -> bool:
        """Return whether clients take it for a success."""
        return 200 <= self.code <= 299


_CLAIM_REASONS = {
    Reason.EXPIRED: "ExpiredToken: The token is expired.",
    Reason.NOT_YET_VALID: "InvalidToken: The token is not yet valid.",
    Reason.SIGNATURE: "InvalidSignature: The token has an invalid signature.",
    Reason.UNKNOWN_KEY: "InvalidSignature: The token has an invalid signature.",
    Reason.ALGORITHM: "InvalidSignature: The token has an invalid signature.",
    Reason.AUDIENCE: (
        "InvalidAudience: The authorization header contains a token with a wrong audience."
    ),
    Reason.ISSUER: "InvalidIssuer: Token issuer is invalid.",
    Reason.TENANT: "InvalidIssuer: Token issuer is invalid.",
}


def token_refused(error: TokenRefused, host: str, path: str) -> Status:
    """Return a 401 to put-token.

    ExpiredToken: Azure/azure-sdk-for-python#23487; InvalidSignature: azure-sdk-for-java#30723;
    InvalidAudience: azure-sdk-for-net#27644; InvalidIssuer: azure-sdk-for-net#6462. InvalidToken
    follows the same form and is ours. A malformed token: azure-sdk-for-net#26136, where it was a
    shared access signature.
    """
    if error.reason in _CLAIM_REASONS:
        return Status(401, _tracked(_CLAIM_REASONS[error.reason]))
    return Status(401, located("Malformed authorization token.", host, path))


def unknown_type() -> Status:
    """Return a 400 to put-token without a known type. Azure/azure-sdk-for-net#9388"""
    text = (
        "Property 'type' in the 'application-properties' section is either missing, has the wrong "
        "type, or has an unexpected value."
    )
    return Status(400, text)


def shared_access_refused() -> Status:
    """Return a 401 to a shared access signature while local authentication is disabled.

    Azure/azure-sdk-for-java#37010, azure-sdk-for-js#32923
    """
    text = (
        "LocalAuthDisabled: Authorization failed because SAS authentication has been disabled "
        "for the namespace."
    )
    return Status(401, _tracked(text))


def audience_not_found(host: str, path: str) -> Status:
    """Return a 404 to a token for an entity that does not exist.

    Seen for shared access signatures: Azure/azure-service-bus#304, #451,
    telstrapurple/PurpleExplorer#103
    """
    return Status(404, not_found(f"sb://{host}/{path}", host, path).description)


def unauthorized(claim: str, resource: str) -> Condition:
    """Return the error for a caller without the right to send ('Send') or receive ('Listen').

    Azure/azure-service-bus-java#110, azure-spring-boot#203, azure-sdk-for-js#1268
    """
    return Condition("amqp:unauthorized-access", at_gateway(_required(claim, resource)))


def unproven(resource: str) -> Condition:
    """Return the error for a link that no token covers. The words are ours: no public trace has it.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    """
    text = f"Unauthorized access. No token was put for this resource. Resource: '{resource}'."
    return Condition("amqp:unauthorized-access", at_gateway(text))


def token_ended(link: str, claim: str, resource: str) -> Condition:
    """Return the error for an open link whose token expired or was replaced by a weaker one.

    Azure/azure-sdk-for-python#23487, dapr/components-contrib#809 (the two dots are Azure's)
    """
    text = (
        f"The link '{link}' is force detached. Code: RenewToken. "
        f"Details: {_required(claim, resource)}."
    )
    return Condition("amqp:link:detach-forced", at_gateway(text))


def entity_closed(link: str, kind: str, namespace: str, path: str) -> Condition:
    """Return the error for an open link whose entity was deleted.

    Azure ends links so when it closes their entity: Azure/azure-sdk-for-java#6280,
    redpanda-data/connect#483, and for a disabled one azure-sdk-for-python#34820. No trace shows a
    deleted one (docs/assumptions.md). The next attach is refused as not found, as in
    azure-sdk-for-java#11137.
    """
    inner = "Receiver" if kind == "consumer" else "Sender"
    text = (
        f"The link '{link}' is force detached. Code: {kind}(link1). "
        f"Details: InnerMessage{inner} was closed. TrackingId:{tracking()}, "
        f"SystemTracker:{namespace}:{path}, Timestamp:{_now()}"
    )
    return Condition("amqp:link:detach-forced", text)


def not_found(resource: str, namespace: str, path: str) -> Condition:
    """Return the error for a missing entity, and for a receiver on a topic (amqpnetlite#133)."""
    text = (
        f"The messaging entity '{resource}' could not be found. To know more visit "
        "https://aka.ms/sbResourceMgrExceptions."
    )
    return Condition("amqp:not-found", located(text, namespace, path))


def not_for_sending(resource: str) -> Condition:
    """Return the error for a sender on a subscription or on dead letters.

    The condition is Azure's, the words are ours.
    """
    text = f"Cannot open a sender on '{resource}': messages are sent to queues and topics."
    return Condition("amqp:not-allowed", at_gateway(text))


def message_not_found() -> Condition:
    """Return the error for a sequence number under which there is no message to get.

    https://learn.microsoft.com/azure/service-bus-messaging/message-deferral
    """
    text = (
        "Failed to lock one or more specified messages. Either the message is already locked or "
        "does not exist."
    )
    return Condition("com.microsoft:message-not-found", at_gateway(text))


def disabled(resource: str, namespace: str, path: str, *, sending: bool) -> Condition:
    """Return the error for a link that the status of its entity forbids.

    Azure/azure-service-bus#677 for receivers, Azure/azure-sdk-for-net#10535 for senders
    """
    if sending:
        text = f"Messaging entity '{namespace}:{path}' is currently disabled for Send operations."
    else:
        text = (
            f"Messaging entity '{resource}' is currently disabled. For more information please see "
            "https://aka.ms/ServiceBusExceptions ."
        )
    return Condition("com.microsoft:entity-disabled", at_gateway(text))


def unsupported(feature: str) -> Condition:
    """Return the error for a feature that the sandbox lacks (unsupported.py). Ours."""
    return Condition(CONDITION, at_gateway(f"The sandbox does not support {feature}."))


def not_offered(found: NotOffered) -> Condition:
    """Return the error for an entity with a property that the sandbox lacks (not_offered.py)."""
    text = (
        f"The sandbox does not offer the property {found.name}, which {found.owner} has: "
        f"{found.instead}. Deploy it without the property, or test this on Azure."
    )
    return Condition(CONDITION, at_gateway(text))


def malformed(reason: str) -> Condition:
    """Return the error for a message that is not an AMQP message. The words are ours."""
    return Condition(
        "amqp:decode-error", at_gateway(f"The message could not be decoded: {reason}.")
    )


def cbs_open_already(connection: str) -> Condition:
    """Return the error for a second link to `$cbs` in one direction on one connection.

    Azure/azure-sdk-for-rust#4895, azure-sdk-for-go#19347
    """
    text = f"A link to connection '{connection}' $cbs node has already been opened."
    return Condition("amqp:not-allowed", at_gateway(text))


def lock_lost(namespace: str, path: str) -> Condition:
    """Return the error for a settlement or renewal under a lock that has ended.

    Azure/azure-functions-dotnet-worker#1003, azure-sdk-for-java#25121
    """
    text = (
        "The lock supplied is invalid. Either the lock expired, or the message has already been "
        "removed from the queue. For more information please see "
        f"https://aka.ms/ServiceBusExceptions . Reference:{uuid4()}, TrackingId:{uuid4()}_B0, "
        f"SystemTracker:{namespace}:{path}, Timestamp:{_now()}"
    )
    return Condition("com.microsoft:message-lock-lost", text)


def busy(namespace: str) -> Condition:
    """Return the error of a namespace that takes no more for the moment.

    Azure/azure-sdk-for-python#19376
    """
    text = (
        f"The request was terminated because the namespace {namespace} is being throttled. Error "
        "code : 50009. Please wait 2 seconds and try again. To know more visit "
        "https://aka.ms/sbResourceMgrExceptions"
    )
    return Condition("com.microsoft:server-busy", at_gateway(text))


def stopping() -> Condition:
    """Return the error that ends all connections when the sandbox stops."""
    return Condition("amqp:connection:forced", at_gateway("The service is shutting down."))


def _required(claim: str, resource: str) -> str:
    return (
        f"Unauthorized access. '{claim}' claim(s) are required to perform this operation. "
        f"Resource: '{resource}'."
    )


def at_gateway(text: str) -> str:
    """Return a text with the tracking of an error that a gateway gives."""
    return f"{text} TrackingId:{tracking()}, SystemTracker:gateway0, Timestamp:{_now()}"


def _tracked(text: str) -> str:
    return f"{text} TrackingId:{uuid4()}, SystemTracker:NoSystemTracker, Timestamp:{_now()}"


def located(text: str, where: str, path: str) -> str:
    """Return a text with the tracking of an error that the entity at `path` gives."""
    return f"{text} TrackingId:{uuid4()}_G0, SystemTracker:{where}:{path}, Timestamp:{_now()}"


def tracking() -> str:
    """Return a new tracking id."""
    return f"{secrets.token_hex(16)}_G0"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
