"""The names of Azure's test tools that the tests of its SDK import, for a live run."""

import hashlib
import os
import time
from collections.abc import Callable
from typing import Any

from azure.core.credentials import AccessToken
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncCredential

from devtools_testutils.arguments import (
    EnvironmentVariableLoader,
    EnvironmentVariableOptions,
    PowerShellPreparer,
    Test,
    with_arguments,
)
from devtools_testutils.responses import ResponseCallback, RetryCounter
from devtools_testutils.sanitizers import (
    add_body_key_sanitizer,
    add_body_regex_sanitizer,
    add_general_regex_sanitizer,
    add_header_regex_sanitizer,
    add_oauth_response_sanitizer,
    add_remove_header_sanitizer,
    add_uri_regex_sanitizer,
    set_custom_default_matcher,
)
from tests.azure_sdk.pytest_live import test_proxy

__all__ = [
    "AzureMgmtRecordedTestCase",
    "AzureRecordedTestCase",
    "CachedResourceGroupPreparer",
    "EnvironmentVariableLoader",
    "EnvironmentVariableOptions",
    "FakeTokenCredential",
    "PowerShellPreparer",
    "RandomNameResourceGroupPreparer",
    "ResourceGroupPreparer",
    "ResponseCallback",
    "RetryCounter",
    "Test",
    "add_body_key_sanitizer",
    "add_body_regex_sanitizer",
    "add_general_regex_sanitizer",
    "add_header_regex_sanitizer",
    "add_oauth_response_sanitizer",
    "add_remove_header_sanitizer",
    "add_uri_regex_sanitizer",
    "get_credential",
    "is_live",
    "recorded_by_proxy",
    "set_custom_default_matcher",
    "test_proxy",
    "with_arguments",
]


class AzureRecordedTestCase:
    """A test case that is always live."""

    is_live = True
    in_recording = False
    await_prepared_test = staticmethod(lambda test: test)

    @property
    def qualified_test_name(self) -> str:
        """The test's name, which pytest puts before a space."""
        return os.environ["PYTEST_CURRENT_TEST"].partition(" ")[0]

    def get_resource_name(self, prefix: str) -> str:
        """Return a name that no other test has, and the same one all through a test."""
        test = f"{self.qualified_test_name} {os.getpid()}"
        return prefix + hashlib.sha256(test.encode()).hexdigest()[:16]

    def get_credential(self, _: object = None, **options: Any) -> Any:
        return get_credential(**options)

    def get_settings_value(self, name: str) -> str:
        return os.environ[f"AZURE_{name}"]

    def generate_sas(self, function: Callable[..., str], *given: Any, **options: Any) -> str:
        """Return the signature that the SDK's own `function` makes."""
        options.pop("fake_value", None)
        return function(*given, **options)

    def is_playback(self) -> bool:
        return False

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AzureMgmtRecordedTestCase(AzureRecordedTestCase):
    """A test case whose resources a preparer creates."""


def get_credential(*, is_async: bool = False, **_: Any) -> Any:
    """Return the credential of the identity that runs the tests."""
    return AsyncCredential() if is_async else DefaultAzureCredential()


class _AsIs:
    """A decorator with arguments that changes nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, test: Test) -> Test:
        return test


class FakeTokenCredential:
    """A credential whose tokens are none of Entra's, and which counts them."""

    def __init__(self) -> None:
        self.token = AccessToken("none of Entra's", 0)
        self.get_token_count = 0

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        self.get_token_count += 1
        return self.token


CachedResourceGroupPreparer = RandomNameResourceGroupPreparer = ResourceGroupPreparer = _AsIs


def recorded_by_proxy(test: Test) -> Test:
    """Return `test`, which is live: another run would replay a recording."""
    test.is_live = True  # type: ignore[attr-defined]
    return test


def is_live() -> bool:
    return True
