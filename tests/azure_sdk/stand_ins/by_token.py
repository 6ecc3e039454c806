"""A pytest plugin: some tests sign in by the identity's token where they use the namespace's key.

They use the key for nothing else. The table `by_token` of servicebus.toml has them.
"""

import tomllib
from collections.abc import Generator
from contextlib import ExitStack
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from azure.core.credentials import AccessToken
from azure.identity import DefaultAzureCredential
from azure.servicebus import _base_handler as blocking
from azure.servicebus.aio import _base_handler_async as asynchronous

_REASONS = Path(__file__).parents[1] / "servicebus.toml"
_SCOPE = "https://servicebus.azure.net/.default"
_JWT = b"jwt"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let the SDK's credentials of a key give tokens while one of these tests runs."""
    with ExitStack() as patches:
        if any(fnmatch(item.name, each) for each in _patterns()):
            for credential, get_token in _CREDENTIALS.items():
                patches.enter_context(patch.object(credential, "__init__", _without_key))
                patches.enter_context(patch.object(credential, "get_token", get_token))
        return (yield)


def _without_key(credential: Any, *_: Any, **__: Any) -> None:
    credential.token_type = _JWT


def _token(*_: Any, **__: Any) -> AccessToken:
    return _identity().get_token(_SCOPE)


async def _awaited_token(*_: Any, **__: Any) -> AccessToken:
    return _token()


# The SDK makes the first of a connection string, too.
_CREDENTIALS: dict[type, Any] = {
    blocking.ServiceBusSharedKeyCredential: _token,
    blocking.ServiceBusAzureNamedKeyTokenCredential: _token,
    asynchronous.ServiceBusSharedKeyCredential: _awaited_token,
    asynchronous.ServiceBusAzureNamedKeyTokenCredentialAsync: _awaited_token,
}


@cache
def _identity() -> DefaultAzureCredential:
    return DefaultAzureCredential()


@cache
def _patterns() -> tuple[str, ...]:
    return tuple(tomllib.loads(_REASONS.read_text("utf-8"))["by_token"])
