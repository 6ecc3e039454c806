"""What Azure's refusals are known by."""

import pytest
from azure.core.exceptions import HttpResponseError


def code_of(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    """The status, and Azure's own code for it."""
    return error.value.status_code, code(error.value)


def code(error: HttpResponseError) -> str:
    """Azure's own code; Storage's stands elsewhere than Key Vault's."""
    found = getattr(error, "error_code", None) or getattr(error.error, "code", None)
    return str(getattr(found, "value", found))
