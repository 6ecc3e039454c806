"""Service Bus errors, which name a claim and an entity but not the caller.

The texts: Azure/azure-service-bus-java#110, azure-sdk-for-python#23487, azure-sdk-for-net#27644;
learn.microsoft.com/azure/service-bus-messaging/service-bus-managed-service-identity
"""

import re

from local.doctor.error_texts.explanation import (
    BETTER_BY_DEPLOYMENT,
    Explanation,
    Pasted,
    grant_command,
    roles_with,
)

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
_SILENT = "Service Bus does not name the caller: ./keyless doctor shows who you are."


def by_claim(text: Pasted) -> Explanation | None:
    """Read the refusal of a new link, or of an open one that lost its right."""
    match = text.match(_REQUIRED)
    if match is None:
        return None
    action, role = _ROLES.get(match["claim"], ("", _OWNER))
    scope = _scope(match["host"], match["path"], match["claim"])
    return Explanation(
        _SOURCE,
        _LOST if "Code: RenewToken" in text else _REFUSED,
        do=(
            grant_command("", "", role, scope),
            BETTER_BY_DEPLOYMENT,
            'Find the resource group: az servicebus namespace list --query "[].id"',
            "Rights are checked when a link attaches: open it again after a grant.",
        ),
        action=action,
        scope=scope,
        roles=roles_with(action) if action else (_OWNER,),
        silent=_SILENT,
    )


_REFUSED = (
    "Service Bus accepts the token, but none of the caller's role assignments allows this there."
)
_LOST = (
    "An open link was dropped: its token expired before it was renewed, or the role was removed. "
    "Once is harmless, since the SDK reopens the link; repeated drops mean a missing role."
)


def _scope(host: str, path: str, claim: str) -> str:
    """Return the resource id of an entity, with placeholders for the parts the text omits."""
    path = _OF_AN_ENTITY.split(path.strip("/"), maxsplit=1)[0]
    topic, between, subscription = path.partition("/subscriptions/")
    entity = f"topics/{topic}/subscriptions/{subscription}" if between else _entity(path, claim)
    namespace = f"/providers/Microsoft.ServiceBus/namespaces/{host.partition('.')[0]}"
    return f"/subscriptions/<subscription>/resourceGroups/<group>{namespace}/{entity}".rstrip("/")


# A dead-letter queue or a management node has the scope of its entity.
_OF_AN_ENTITY = re.compile(r"(?:^|/)\$")


def _entity(name: str, claim: str) -> str:
    """Return the end of an entity's id; no text says whether a sender's is a queue or a topic."""
    if not name:
        return ""
    return f"queues/{name}" if claim == "Listen" else f"<queues or topics>/{name}"


_KNOWN = {
    "ExpiredToken: ": (
        "The token on the connection has expired.",
        "The SDK renews it in time: keep one credential per process, and check the clock.",
    ),
    "InvalidAudience: ": (
        "The token is for another service.",
        "Ask for the scope https://servicebus.azure.net/.default.",
    ),
    "InvalidSignature: ": (
        "The token is not signed by Entra, or a SAS is signed with a wrong key.",
        "Use a credential of azure-identity; a sandbox's token is not valid on Azure.",
    ),
    "InvalidIssuer: ": (
        "The token is from a different tenant than the namespace.",
        "Sign in to its tenant: az login --tenant <tenant>",
    ),
    "CBS Authentication Expired": (
        "The token on the connection has expired and was not renewed in time.",
        "Keep one credential per process, and do not block the connection's thread.",
    ),
    "Error condition: amqp:client-error": (
        "A token was refused, and the SDK hides the reason: most often the namespace has no "
        "entity of that name.",
        "Check the names in the settings. ./keyless doctor shows the reason; in code it is the "
        "error's inner_exception.",
    ),
    "Ip has been prevented to connect to the endpoint": (
        "The namespace's network rules block this address; roles are not checked.",
        "Allow the network, or use the private endpoint.",
    ),
    "SubCode=40100: Unauthorized": (
        "Its management API refuses the caller: managing entities is not a data action.",
        "Manage entities through Azure Resource Manager (the Bicep), not the data plane.",
    ),
    "Details: InnerMessage": (
        "Azure has closed the entity of an open link: it was moved, disabled or deleted.",
        "The SDK opens the link again; if that is refused as not found, deploy the entity.",
    ),
    "LocalAuthDisabled": (
        "The namespace accepts no SAS and no connection string.",
        "Use a credential of azure-identity.",
    ),
    "InvalidToken: ": (
        "The token is not valid yet.",
        "Check the clock of the client's machine.",
    ),
    "Malformed authorization token": (
        "The client sent something that is not a token.",
        "Use a credential of azure-identity.",
    ),
    "'application-properties' section is either missing": (
        "Service Bus does not know this type of token.",
        "Let the SDK send it; by hand, its type is jwt.",
    ),
    "No token was put for this resource": (
        "A link was attached before a token for its address was sent.",
        "Let the SDK send it; by hand, put it to $cbs for the entity's own address.",
    ),
    "No valid token was put on the connection": (
        "The connection sent no valid token within twenty seconds, so it was closed.",
        "Find out why there was no token: ./keyless doctor. Check whether the connection's thread "
        "is blocked.",
    ),
    "The namespace could not be found": (
        "No namespace has this host name.",
        "Check SERVICEBUS_FULLY_QUALIFIED_NAMESPACE.",
    ),
    "bytes) currently allowed on the link": (
        "The message is larger than this tier allows: 256 KB in Standard.",
        "Put the content into a blob and send its name; Premium allows up to 100 MB.",
    ),
    "The lock supplied is invalid": (
        "Handling took longer than the message's lock, or the message was already settled.",
        "Renew the lock while you work (docs/consumer.md), or make the work shorter.",
    ),
    "IdleTimerExpired": (
        "The link was idle for ten minutes, so Service Bus closed it. This is normal.",
        "Open it again, as the SDK does.",
    ),
    "is being throttled": (
        "The namespace has more requests than it takes for the moment.",
        "Let the SDK wait and repeat, or send fewer at a time: "
        "learn.microsoft.com/azure/service-bus-messaging/service-bus-throttling",
    ),
    "closed by container 'LinkTracker'": (
        "The connection had no link for minutes, so Service Bus closed it. This is normal.",
        "Open it again, as the SDK does.",
    ),
    "The service is shutting down": (
        "The service is moving the connection elsewhere; in the sandbox, it is stopping.",
        "Open it again, as the SDK does.",
    ),
    "Cannot open a sender on '": (
        "Messages are sent to queues and topics, never to a subscription or to dead letters.",
        "Send to the topic.",
    ),
    "sessionful message receiver cannot be created": (
        "A receiver asked for a session, and the entity has none.",
        "Open a receiver without session_id.",
    ),
    "The SessionId was not set on a message": (
        "The queue or subscription requires sessions, and the message has no session id.",
        "Set session_id on the message.",
    ),
    "to create a non-sessionful message receiver": (
        "The entity requires sessions, and the receiver asked for none.",
        "Open the receiver with session_id, or with NEXT_AVAILABLE_SESSION.",
    ),
    "The session filter is not a string": (
        "The client named a session by a value that is not text.",
        "Give session_id a string.",
    ),
    "It may be locked by another receiver": (
        "Another receiver holds this session; one receiver holds it at a time.",
        "Wait until its lock ends, or ask for NEXT_AVAILABLE_SESSION.",
    ),
    "The session lock has expired": (
        "The receiver held the session longer than its lock lasts.",
        "Renew it with AutoLockRenewer, or raise lockDuration; then accept the session again.",
    ),
    "did not complete within the allotted timeout": (
        "No session had a message in the time that the receiver waited.",
        "Ask again: an empty queue is no failure. max_wait_time is the time to wait.",
    ),
    "is currently disabled for ": (
        "The entity's status does not allow this: it is Disabled, SendDisabled or ReceiveDisabled.",
        "Set its status to Active, in the Bicep or by the management client.",
    ),
    "Failed to lock one or more specified messages": (
        "No deferred message has this number: it was settled, or another receiver has it.",
        "Keep the number of a message until it is settled, and ask for it once.",
    ),
    "The messages take more than ": (
        "The deferred messages do not fit into one answer.",
        "Ask for fewer numbers at once.",
    ),
    "The sandbox does not offer the property ": (
        "An entity of the deployment asks for something that Azure has, and the sandbox does not.",
        "Leave the property out of the Bicep for the sandbox, by a parameter, or test this on "
        "Azure.",
    ),
    "The sandbox does not offer ": (
        "Azure has this setting of an entity or a rule, and the sandbox does not.",
        "Leave the setting out: docs/manage-entities.md lists those that work.",
    ),
    "The sandbox does not support": (
        "Azure has this, and the sandbox does not.",
        "See docs/sandbox.md for the limits of each plane.",
    ),
    "The change cannot be stored": (
        "The sandbox's disk is full, or its state folder is not writable; nothing has changed.",
        "Free some space or make the folder writable, and let the client try again.",
    ),
    "The message could not be decoded": (
        "The client sent something that is not an AMQP message.",
        "Let the SDK encode it.",
    ),
    "The maximum entity size has been reached or exceeded": (
        "The queue or topic is full: it, or one of its subscriptions, has no active receiver.",
        "Find the backlog: ./keyless status, or activeMessageCount on Azure. Receive the "
        "messages, or redrive the dead letters (./keyless redrive <service>).",
    ),
    "Cannot allocate more ": (
        "The connection has too many links or sessions.",
        "Keep one client, and close the links you open: "
        "learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas",
    ),
    "$cbs node has already been opened": (
        "A connection may have one link to $cbs in each direction, and this is a second.",
        "Let the SDK send tokens; by hand, send all of them on one link.",
    ),
    "connections have put no valid token": (
        "Too many connections sent no valid token, so the oldest of them were closed.",
        "Keep one client, and find out why there was no token: ./keyless doctor.",
    ),
    "and no valid token was put": (
        "The connection attached links without a valid token too often.",
        "Find out why there was no token: ./keyless doctor.",
    ),
    "The message is refused: ": (
        "The message's application properties exceed Azure's limits; the text says which.",
        "Move large values into the body, or into a blob.",
    ),
    "bytes of replies to other requests wait": (
        "The client sends requests and does not read the replies.",
        "Receive the replies before you send more requests, as the SDK does.",
    ),
    "bytes of messages were sent whose end has not come": (
        "Messages in several transfers were begun and not finished.",
        "Finish each message before the next, as the SDK does.",
    ),
    "The messaging entity '": (
        "The namespace has no entity of that name; roles are not the cause.",
        "Check the name, and whether it is a queue or the full path of a subscription.",
    ),
}


def otherwise(text: Pasted) -> Explanation | None:
    """Read the other errors: invalid tokens, missing entities, limits."""
    for word, (means, do) in _KNOWN.items():
        if word in text:
            return Explanation(_SOURCE, means, do=(do,))
    return None
