"""What the ingestion answers when it does not take telemetry: Azure's words in Azure's place.

For what is wrong with a request as a whole that is the reason phrase of the status line:
https://github.com/microsoft/ApplicationInsights-dotnet (AuthenticationTransmissionPolicy.cs). What
is wrong with an item is said in the body: https://github.com/microsoft/ApplicationInsights-Home
(EndpointSpecs/ENDPOINT-PROTOCOL.md). Azure's body beside the first three is not known; it is empty.
"""

from dataclasses import dataclass


class Refusal(Exception):
    """An error answer. `reason` is what the audit says: it repeats nothing that the caller sent."""

    def __init__(self, status: int, phrase: str, reason: str) -> None:
        super().__init__(f"{status} {phrase}")
        self.status = status
        self.phrase = phrase
        self.reason = reason


@dataclass(frozen=True)
class ItemError:
    """What is wrong with one item of a request, which is found by its index."""

    index: int
    status: int
    message: str


class ItemRefused(ValueError):
    """An item that cannot be taken; the message is Azure's."""


def older_api() -> Refusal:
    """400: the API of the instrumentation key, which the component does not take alone."""
    phrase = "Incorrect API was used - v2 API does not support authentication"
    return Refusal(400, phrase, "the v2 API knows no token, and the key alone is not enough")


def unauthorized(reason: str) -> Refusal:
    """401: the token is missing or proves nothing."""
    phrase = "Unauthorized - please provide the valid authorization token"
    return Refusal(401, phrase, reason)


def forbidden() -> Refusal:
    """403: whose token it is may not publish."""
    phrase = (
        "Forbidden - provided credentials do not grant the access to ingest the telemetry into "
        "the component"
    )
    return Refusal(403, phrase, "no role allows it")


def missing(field: str, kind: str) -> ItemRefused:
    """400 for an item without a field that it must have."""
    return ItemRefused(
        f"109: Field '{field}' on type '{kind}' is required but missing or empty. "
        "Expected: string, Actual: undefined"
    )


def other_key() -> ItemRefused:
    """400 for an item that is for another component."""
    return ItemRefused("Invalid instrumentation key")
