"""The one way to turn a request away: an error as Azure answers it, and its line in the audit."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class Refusal(Exception):
    """An error answer of a plane, which renders it in its own form.

    `reason` is the audit's sentence, by default the status and the code. It repeats nothing from
    the request that could be a secret. The plane shows `details` beside the message, and `headers`
    beside its own.
    """

    status: int
    code: str
    message: str
    reason: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(f"{self.status} {self.code}")
        self.reason = self.reason or str(self)

    def __str__(self) -> str:
        return f"{self.status} {self.code}"
