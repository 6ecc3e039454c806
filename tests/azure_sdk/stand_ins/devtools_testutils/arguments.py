"""Decorators that give a live test its arguments."""

import asyncio
import inspect
import os
from collections.abc import Callable, Sequence
from typing import Any

Test = Callable[..., Any]


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
            name: self.value(name, value)
            for name, value in self._values.items()
            if takes_all or name in takes
        }
        wrapper: Any = with_arguments(test, lambda _: given)
        del wrapper.__wrapped__  # its arguments are no fixtures
        return wrapper

    def value(self, name: str, default: str) -> str:
        return os.environ.get(name.upper(), default)


class Secret(str):
    """A value that has its text as an attribute, too, as those that recordings hide."""

    @property
    def secret(self) -> str:
        return str(self)


class EnvironmentVariableOptions:
    """The options of a loader."""

    def __init__(self, hide_secrets: Sequence[str] = (), **_: object) -> None:
        self.hide_secrets = frozenset(hide_secrets)


class EnvironmentVariableLoader(PowerShellPreparer):
    """A preparer around tests with parameters of pytest's, which stay visible."""

    def __init__(
        self, _: str, *, options: EnvironmentVariableOptions | None = None, **values: str
    ) -> None:
        super().__init__(_, **values)
        self._hidden = options.hide_secrets if options else frozenset()

    def __call__(self, test: Test) -> Test:
        wrapper: Any = super().__call__(test)
        found = inspect.signature(test)
        others = [
            each
            for name, each in found.parameters.items()
            if name not in self._values and each.kind is not each.VAR_KEYWORD
        ]
        wrapper.__signature__ = found.replace(parameters=others)
        return wrapper

    def value(self, name: str, default: str) -> str:
        found = super().value(name, default)
        return Secret(found) if name in self._hidden else found
