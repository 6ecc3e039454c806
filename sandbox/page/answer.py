"""The answer to a request that the page has sent."""

from dataclasses import dataclass


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
