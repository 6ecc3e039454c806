"""What Azure's refusals are known by."""

import pytest
from azure.core.exceptions import HttpResponseError

from local.questions.seen import code


def code_of(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    """The status, and Azure's own code for it."""
    return error.value.status_code, code(error.value)
