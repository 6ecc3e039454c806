"""Service Bus's refusals, which name a claim and an entity, and nobody.

The texts: Azure/azure-service-bus-java#110, azure-sdk-for-python#23487, azure-sdk-for-net#27644;
learn.microsoft.com/azure/service-bus-messaging/service-bus-managed-service-identity
"""

import re

from local.doctor.texts.reading import BETTER_BY_DEPLOYMENT, Pasted, Reading, grant, roles_with

_SOURCE = "Service Bus"
_MESSAGES = "Microsoft.ServiceBus/namespaces/messages"
_REQUIRED = (
    r"'(?P<claim>[\w,]+)' claim\(s\) are required to perform this operation\. "
    r"Resource: '(?:sb|amqps?)://(?P<host>[^/']+)/(?P<path>[^']*)'"
)
_ROLES = {
    "Send": (f"{_MESSAGES}/send/action", "Azure Service Bus Data Sender"),
    "Listen": (f"{_MESSAGES}/receive/action", "Azure Service Bus Data Receiver"),
}
_OWNER = "Azure Service Bus Data Owner"
_SILENT = "Service Bus does not name who asked: ./keyless doctor tells who you are."


def by_claim(text: Pasted) -> Reading | None:
    """A link that was refused, or that was open and lost its right."""
    match = text.match(_REQUIRED)
    if match is None:
        return None
    action, role = _ROLES.get(match["claim"], ("", _OWNER))
    scope = _scope(match["host"], match["path"], match["claim"])
    return Reading(
        _SOURCE,
        _LOST if "Code: RenewToken" in text else _REFUSED,
        do=(
            grant("", "", role, scope),
            BETTER_BY_DEPLOYMENT,
            'Find the resource group: az servicebus namespace list --query "[].id"',
            "A link is decided when it attaches: after a grant, open it again.",
        ),
        action=action,
        scope=scope,
        roles=roles_with(action) if action else (_OWNER,),
        silent=_SILENT,
    )


_REFUSED = "Service Bus believes the token, and no role assignment of its holder allows this there."
_LOST = (
    "An open link was dropped: the token expired before another was put, or the role was taken "
    "away. Once is nothing, the SDK opens it again; again and again is a missing role."
)


def _scope(host: str, path: str, claim: str) -> str:
    """The resource id of an entity, without what the text does not tell."""
    path = _OF_AN_ENTITY.split(path.strip("/"), maxsplit=1)[0]
    topic, between, subscription = path.partition("/subscriptions/")
    entity = f"topics/{topic}/subscriptions/{subscription}" if between else _entity(path, claim)
    namespace = f"/providers/Microsoft.ServiceBus/namespaces/{host.partition('.')[0]}"
    return f"/subscriptions/<subscription>/resourceGroups/<group>{namespace}/{entity}".rstrip("/")


# A dead-letter queue or a management node has the scope of what it belongs to.
_OF_AN_ENTITY = re.compile(r"(?:^|/)\$")


def _entity(name: str, claim: str) -> str:
    """Nobody receives from a topic; whether a sender's is a queue or a topic, no text tells."""
    if not name:
        return ""
    return f"queues/{name}" if claim == "Listen" else f"<queues or topics>/{name}"


_KNOWN = {
    "ExpiredToken: ": (
        "The token that was put on the connection has expired.",
        "The SDK puts a new one in time: keep one credential a process; look at the clock.",
    ),
    "InvalidAudience: ": (
        "The token is for another service.",
        "Ask for the scope https://servicebus.azure.net/.default.",
    ),
    "InvalidSignature: ": (
        "The token is signed with a key that is not Entra's, or a SAS with a wrong one.",
        "Use a credential of azure-identity; one of a sandbox is worth nothing on Azure.",
    ),
    "InvalidIssuer: ": (
        "The token is of another tenant than the namespace's.",
        "Sign in to its tenant: az login --tenant <tenant>",
    ),
    "CBS Authentication Expired": (
        "The token that was put on the connection has expired, and no other was put in time.",
        "Keep one credential a process, and the connection's own thread from being blocked.",
    ),
    "Error condition: amqp:client-error": (
        "A token was refused, and the SDK keeps the reason to itself: most often there is no "
        "entity of that name in the namespace.",
        "Look at the names in the settings. ./keyless doctor asks, and says the reason; in code it "
        "is the error's inner_exception.",
    ),
    "Ip has been prevented to connect to the endpoint": (
        "The namespace's network rules do not let this address in; no role is looked at.",
        "Allow the network, or come by the private endpoint.",
    ),
    "SubCode=40100: Unauthorized": (
        "Its management API does not take who asks: managing entities is no data action.",
        "Manage entities by Azure Resource Manager (the Bicep), not by the data plane.",
    ),
    "LocalAuthDisabled": (
        "The namespace takes no SAS and no connection string.",
        "Use a credential of azure-identity.",
    ),
    "InvalidToken: ": (
        "The token is not valid yet.",
        "Look at the clock of the machine that asks.",
    ),
    "Malformed authorization token": (
        "What was put on the connection is no token.",
        "Use a credential of azure-identity.",
    ),
    "'application-properties' section is either missing": (
        "The type of the token that was put is none that Service Bus knows.",
        "Let the SDK put it; by hand its type is jwt.",
    ),
    "No token was put for this resource": (
        "A link was asked for before any token for its address was put.",
        "Let the SDK put it; by hand, put it to $cbs for the entity's own address.",
    ),
    "No valid token was put on the connection": (
        "The connection proved nothing in its first twenty seconds, so it was closed.",
        "See why no token came: ./keyless doctor. Look for what blocks the connection's thread.",
    ),
    "The namespace could not be found": (
        "The host is no namespace's.",
        "Look at SERVICEBUS_FULLY_QUALIFIED_NAMESPACE.",
    ),
    "bytes) currently allowed on the link": (
        "The message is larger than this tier takes: 256 KB in Standard.",
        "Put the content into a blob and send its name; premium takes up to 100 MB.",
    ),
    "The lock supplied is invalid": (
        "The message was handled longer than its lock lasts, or settled before.",
        "Renew the lock while you work (docs/consumer.md), or make the work shorter.",
    ),
    "IdleTimerExpired": (
        "Nothing happened on the link for ten minutes, so Service Bus closed it. That is no fault.",
        "Open it again, as the SDK does.",
    ),
    "closed by container 'LinkTracker'": (
        "The connection had no link for minutes, so Service Bus closed it. That is no fault.",
        "Open it again, as the SDK does.",
    ),
    "The service is shutting down": (
        "The service moves the connection away; in the sandbox, it ends.",
        "Open it again, as the SDK does.",
    ),
    "Cannot open a sender on '": (
        "Messages are sent to queues and topics, never to a subscription or to dead letters.",
        "Send to the topic.",
    ),
    "sessionful message receiver cannot be created": (
        "The entity has no sessions, and a receiver asked for one.",
        "Open a receiver without session_id.",
    ),
    "The sandbox does not support": (
        "Azure has this, and the sandbox does not.",
        "See docs/sandbox.md for the limits of each plane.",
    ),
    "The message could not be decoded": (
        "What was sent is no AMQP message.",
        "Let the SDK write it.",
    ),
    "The maximum entity size has been reached or exceeded": (
        "The queue or topic is full: nobody receives from it, or from one of its subscriptions.",
        "See which one waits: ./keyless status, on Azure activeMessageCount. Receive, or redrive "
        "its dead letters (./keyless redrive <service>).",
    ),
    "Cannot allocate more ": (
        "The connection has more links than it may, or more sessions.",
        "Keep one client and close what you opened: learn.microsoft.com/azure/service-bus-messaging"
        "/service-bus-quotas",
    ),
    "$cbs node has already been opened": (
        "A connection may have one link to $cbs in each direction, and this is another.",
        "Let the SDK put tokens; by hand, put all of them on one link.",
    ),
    "connections have put no valid token": (
        "Too many connections proved nothing, so the oldest of them were closed.",
        "Keep one client; see why no token came: ./keyless doctor.",
    ),
    "and no valid token was put": (
        "The connection asked for links without a token, or with wrong ones, too often.",
        "See why no token came: ./keyless doctor.",
    ),
    "The message is refused: ": (
        "The message's application properties are above what Azure takes; the text says which.",
        "Put what is large into the body, or into a blob.",
    ),
    "bytes of replies to other requests wait": (
        "The client asks, and does not read the answers.",
        "Receive the replies before you ask again, as the SDK does.",
    ),
    "bytes of messages were sent whose end has not come": (
        "Messages were begun in several transfers and not finished.",
        "Finish each message before the next, as the SDK does.",
    ),
    "The messaging entity '": (
        "There is no entity of that name in the namespace; it is no matter of roles.",
        "Look at the name, and whether it is a queue or a subscription's full path.",
    ),
}


def otherwise(text: Pasted) -> Reading | None:
    """The tokens that are not believed, and what is not there."""
    for word, (means, do) in _KNOWN.items():
        if word in text:
            return Reading(_SOURCE, means, do=(do,))
    return None
