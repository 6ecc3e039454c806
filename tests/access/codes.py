"""What Azure's refusals are known by."""

import pytest
from azure.core.exceptions import HttpResponseError

from local.questions.responses import error_code


def code_of(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    """The status, and Azure's own code for it."""
    return error.value.status_code, error_code(error.value)
