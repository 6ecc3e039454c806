"""The names of Azure's test tools that its Service Bus tests import, for a live run."""

import asyncio
import inspect
import os
from collections.abc import Callable
from typing import Any

from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncCredential

Test = Callable[..., Any]


class AzureRecordedTestCase:
    """A test case that is always live."""

    is_live = True
    in_recording = False
    await_prepared_test = staticmethod(lambda test: test)

    def get_credential(self, _: object = None, **options: Any) -> Any:
        return get_credential(**options)


class AzureMgmtRecordedTestCase(AzureRecordedTestCase):
    """A test case whose resources a preparer creates."""


def get_credential(*, is_async: bool = False, **_: Any) -> Any:
    """Return the credential of the identity that runs the tests."""
    return AsyncCredential() if is_async else DefaultAzureCredential()


def with_arguments(test: Test, more: Callable[[dict[str, Any]], dict[str, Any]]) -> Test:
    """Return `test` with the arguments that `more` adds, under a signature that hides them.

    `more` is called with the arguments of the preparers around it.
    """

    def called(self: object, **given: Any) -> Any:
        return test(self, **{**given, **more(given)})

    async def awaited(self: object, **given: Any) -> Any:
        # An entity is created by a client that blocks.
        found = await asyncio.to_thread(more, given)
        return await test(self, **{**given, **found})

    wrapper: Any = awaited if asyncio.iscoroutinefunction(test) else called
    wrapper.__name__, wrapper.__doc__ = test.__name__, test.__doc__
    wrapper.__dict__.update(test.__dict__)
    wrapper.is_live = True
    wrapper.__wrapped__ = test
    return wrapper


class PowerShellPreparer:
    """Give a test the values that Azure's scripts would have put into its environment."""

    def __init__(self, _: str, **values: str) -> None:
        self._values = values

    def __call__(self, test: Test) -> Test:
        takes = inspect.signature(test).parameters
        takes_all = any(each.kind is each.VAR_KEYWORD for each in takes.values())
        given = {
            name: os.environ.get(name.upper(), value)
            for name, value in self._values.items()
            if takes_all or name in takes
        }
        wrapper: Any = with_arguments(test, lambda _: given)
        del wrapper.__wrapped__  # its arguments are no fixtures
        return wrapper


class _AsIs:
    """A decorator with arguments that changes nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, test: Test) -> Test:
        return test


CachedResourceGroupPreparer = RandomNameResourceGroupPreparer = ResourceGroupPreparer = _AsIs


def recorded_by_proxy(test: Test) -> Test:
    return test


def set_custom_default_matcher(**_: Any) -> None:
    """Record nothing."""
