"""The errors of the ingestion of telemetry: Azure's words in Azure's place.

An error of a whole request is the reason phrase of the status line:
https://github.com/microsoft/ApplicationInsights-dotnet (AuthenticationTransmissionPolicy.cs). An
error of an item stands in the body: https://github.com/microsoft/ApplicationInsights-Home
(EndpointSpecs/ENDPOINT-PROTOCOL.md). Azure's body beside 400, 401 and 403 is unknown; it is empty.
"""

from dataclasses import dataclass

from sandbox.refusal import Refusal

_PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class ItemError:
    """An error of one item of a request, which is found by its index."""

    index: int
    status: int
    message: str


class ItemRefused(ValueError):
    """An item that cannot be taken; the message is Azure's."""


def plain(status: int, reason: str) -> Refusal:
    """Return an error whose phrase is HTTP's own."""
    return _refusal(status, _PHRASES[status], reason)


def older_api() -> Refusal:
    """400: the API of the instrumentation key, which the component does not take alone."""
    phrase = "Incorrect API was used - v2 API does not support authentication"
    return _refusal(400, phrase, "the v2 API knows no token, and the key alone is not enough")


def unauthorized(reason: str) -> Refusal:
    """401: the token is missing or proves nothing."""
    phrase = "Unauthorized - please provide the valid authorization token"
    return _refusal(401, phrase, reason)


def forbidden() -> Refusal:
    """403: the caller may not publish."""
    phrase = (
        "Forbidden - provided credentials do not grant the access to ingest the telemetry into "
        "the component"
    )
    return _refusal(403, phrase, "no role allows it")


def missing(field: str, kind: str) -> ItemRefused:
    """400 for an item without a field that it must have."""
    return ItemRefused(
        f"109: Field '{field}' on type '{kind}' is required but missing or empty. "
        "Expected: string, Actual: undefined"
    )


def other_key() -> ItemRefused:
    """400 for an item that is for another component."""
    return ItemRefused("Invalid instrumentation key")


def _refusal(status: int, phrase: str, reason: str) -> Refusal:
    return Refusal(status, _PHRASES[status], phrase, reason)
