"""The status and error code that distinguish Azure's answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError


@dataclass(frozen=True)
class Response:
    """A status and Azure's error code. Status 0 is none; an empty code is a success."""

    status: int
    code: str = ""

    def among(self, answers: Mapping[str, str]) -> str:
        """Return the answer that this code stands for. Raises UnexpectedError for another code."""
        if self.code not in answers:
            raise UnexpectedError(self)
        return answers[self.code]


class UnexpectedError(Exception):
    """Azure's response matches no known answer to the question."""

    def __init__(self, seen: Response) -> None:
        super().__init__(f"{seen.status} {seen.code}".strip())
        self.seen = seen


class TooManyRightsError(Exception):
    """Azure allows a request that it should refuse, so the answer would mislead."""


class TooFewRightsError(Exception):
    """Azure refuses a request that the question expects it to allow."""


class NothingCameError(Exception):
    """No message or reply arrived in time."""


def response_to(request: Callable[[], object]) -> Response:
    """Send one request through an SDK and return its response. Raises AzureError."""
    try:
        request()
    except HttpResponseError as error:
        return Response(error.status_code or 0, error_code(error))
    return Response(200)


def error_code(error: HttpResponseError) -> str:
    """Return Azure's error code, which Storage and Key Vault keep in different places."""
    found = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    return str(getattr(found, "value", found))


def expect_refused(request: Callable[[], object]) -> None:
    """Send a request that must be refused. Raises TooManyRightsError if it is not."""
    if response_to(request).status != 403:
        raise TooManyRightsError
