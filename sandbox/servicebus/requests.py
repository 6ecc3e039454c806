"""Requests to `$cbs` and `$management`, and the replies, as messages.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, decoded, parts
from sandbox.servicebus.amqp.sections import Sections, joined, split, value_section
from sandbox.servicebus.errors import Status
from sandbox.servicebus.serve.message import map_by_name, standard_properties

# The property with the name of the link for which a client asks.
LINK = "associated-link-name"
_VALUE_SECTION = b"\x00\x53\x77"
_STRINGS = (b"\xa1", b"\xb1")
# The SDKs' take some hundred bytes.
_MAX_PROPERTIES_SIZE = 4096


@dataclass(frozen=True)
class Request:
    """A request: its operation and properties. `id` is the raw message id.

    The body is decoded only where it is used: a stranger may send a request to `$cbs`.
    """

    operation: str
    properties: Mapping[str, object]
    raw_body: bytes = field(repr=False)
    id: bytes
    reply_to: str | None

    @classmethod
    def parse(cls, content: bytes) -> "Request":
        """Return the request in a message. Raises MalformedError."""
        sections = split(content)
        for each in (sections.properties, sections.application):
            if each and len(each) > _MAX_PROPERTIES_SIZE:
                raise MalformedError(f"properties of more than {_MAX_PROPERTIES_SIZE} bytes")
        properties = map_by_name(sections.application)
        reply_to = standard_properties(sections.properties).get("reply_to")
        return cls(
            operation=str(properties.get("operation")),
            properties=properties,
            raw_body=sections.body,
            id=_raw_id(sections.properties),
            reply_to=None if reply_to is None else str(reply_to),
        )

    @property
    def fields(self) -> Mapping[str, object]:
        """Return the body, which has to be a map. Raises MalformedError."""
        body = _value(self.raw_body)
        if not isinstance(body, dict):
            raise MalformedError("the body is not a map")
        return cast("Mapping[str, object]", body)

    @property
    def text(self) -> str:
        """Return the body if it is a string, else an empty string. Raises MalformedError."""
        is_string = self.raw_body[3:4] in _STRINGS
        return str(_value(self.raw_body)) if is_string else ""


@dataclass(frozen=True)
class Response:
    """The status of a reply of `$management`, and the raw value of its body."""

    status: Status
    body: bytes = encode.NULL

    @classmethod
    def of(cls, **values: bytes) -> "Response":
        """Return a success with a map of raw values. An underscore stands for a hyphen."""
        pairs = ((encode.string(name.replace("_", "-")), raw) for name, raw in values.items())
        return cls(Status(200, "OK"), encode.mapping(part for pair in pairs for part in pair))


OK = Response(Status(200, "OK"))
NO_CONTENT = Response(Status(204, "NoContent"))


def cbs_reply(request: Request, status: Status) -> bytes:
    """Return a reply of `$cbs`, whose properties have hyphens."""
    properties = {
        "status-code": encode.integer(status.code),
        "status-description": encode.string(status.description),
    }
    return _reply(request, properties, encode.NULL)


def management_reply(request: Request, status: Status, body: bytes = encode.NULL) -> bytes:
    """Return a reply of `$management`. `body` is a raw value."""
    properties = {
        "statusCode": encode.integer(status.code),
        "statusDescription": encode.string(status.description),
    }
    if status.condition:
        properties["errorCondition"] = encode.symbol(status.condition)
    return _reply(request, properties, body)


def _reply(request: Request, properties: Mapping[str, bytes], body: bytes) -> bytes:
    """Return a reply, whose correlation id is the request's message id, with its type."""
    pairs = [part for name, raw in properties.items() for part in (encode.string(name), raw)]
    return joined(
        Sections(
            properties=encode.sequence([*[encode.NULL] * 5, request.id]),
            application=encode.mapping(pairs),
            body=value_section(body),
        )
    )


def _value(body: bytes) -> object:
    return decoded(body, 3) if body.startswith(_VALUE_SECTION) else None


def _raw_id(properties: bytes | None) -> bytes:
    fields = parts(properties)[0] if properties else []
    return fields[0] if fields else encode.NULL
