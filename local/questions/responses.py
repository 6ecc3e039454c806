"""The status and the code by which Azure's answers are told apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError


@dataclass(frozen=True)
class Response:
    """A status and Azure's own code for it. Status 0 is none; no code is a success."""

    status: int
    code: str = ""

    def among(self, answers: Mapping[str, str]) -> str:
        """Return the answer that this code stands for. Raises UnexpectedError for another code."""
        if self.code not in answers:
            raise UnexpectedError(self)
        return answers[self.code]


class UnexpectedError(Exception):
    """Azure answered in a way that stands for no known answer to the question."""

    def __init__(self, seen: Response) -> None:
        super().__init__(f"{seen.status} {seen.code}".strip())
        self.seen = seen


class TooManyRightsError(Exception):
    """Whoever asks may do what the question takes to be refused, so the answer would mislead."""


class TooFewRightsError(Exception):
    """Whoever asks may not do what the question takes to be allowed."""


class NothingCameError(Exception):
    """No message came, or no reply, in the time that there was."""


def response_to(request: Callable[[], object]) -> Response:
    """Send one request by an SDK and return what became of it. Raises AzureError."""
    try:
        request()
    except HttpResponseError as error:
        return Response(error.status_code or 0, error_code(error))
    return Response(200)


def error_code(error: HttpResponseError) -> str:
    """Return Azure's own code; Storage keeps it elsewhere than Key Vault."""
    found = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    return str(getattr(found, "value", found))


def expect_refused(request: Callable[[], object]) -> None:
    """Send what must be refused, or a refusal means nothing. Raises TooManyRightsError."""
    if response_to(request).status != 403:
        raise TooManyRightsError
