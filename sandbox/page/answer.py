"""The answer to a request that the page has sent."""

from dataclasses import dataclass

_NOTES = {
    400: "The right is there; the request has nothing to do, so nothing changed.",
    404: "The right is there, and what the request names is not: a denial would be 403.",
    409: "The right is there, and what the request would create exists already.",
    412: "The right is there; the request's own condition kept it from a change.",
}
_OF_OTHERS = {
    0: "The link is detached again: no message was sent or taken.",
    2: "The page does not show what the service has answered, only that it did.",
}


@dataclass(frozen=True)
class Answer:
    """An answer to `request`: its status, and the text of an error, never a text that is served.

    The status is 0 for a link of Service Bus, which has none. `refused` is a lack of a right.
    """

    request: str
    status: int
    reason: str
    text: str = ""
    challenge: str = ""
    refused: bool = False

    @property
    def note(self) -> str:
        """Return a sentence on the status of a request that was allowed; empty for a refusal."""
        return (
            "" if self.refused else _NOTES.get(self.status, _OF_OTHERS.get(self.status // 100, ""))
        )
