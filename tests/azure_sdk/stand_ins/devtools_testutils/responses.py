"""Callbacks of the SDK's pipeline, with which tests count retries and change answers."""

from typing import Any


class RetryCounter:
    """Counts the retries."""

    def __init__(self) -> None:
        self.count = 0

    def simple_count(self, _: object) -> None:
        self.count += 1


class ResponseCallback:
    """Replaces one status by another: the first time, or each time."""

    def __init__(self, status: int | None = None, new_status: int | None = None) -> None:
        self.status, self.new_status = status, new_status
        self.first = True
        self.count = 0

    def override_first_status(self, response: Any) -> None:
        if self.first and response.http_response.status_code == self.status:
            response.http_response.status_code = self.new_status
            self.first = False

    def override_status(self, response: Any) -> None:
        if response.http_response.status_code == self.status:
            response.http_response.status_code = self.new_status
        self.count += 1
