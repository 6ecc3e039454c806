"""Of the SDK's tests those run that ask a service, with the arguments that they expect."""

import asyncio
import importlib.util
import inspect
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.azure_sdk.pytest_live import is_live

ARGUMENTS = Path(__file__).parent / "stand_ins" / "devtools_testutils" / "arguments.py"


@pytest.fixture(scope="module")
def arguments() -> ModuleType:
    """Return the decorators, which import no package of the SDK."""
    spec = importlib.util.spec_from_file_location("arguments", ARGUMENTS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def item(path: str, *, decorated: bool = False, mark: str = "", fixture: str = "") -> Any:
    return SimpleNamespace(
        path=Path(path),
        function=SimpleNamespace(is_live=decorated),
        fixturenames=[fixture],
        get_closest_marker=lambda name: name == mark,
    )


@pytest.mark.parametrize(
    ("found", "live"),
    [
        (item("tests/test_container.py", decorated=True), True),
        (item("tests/test_obo.py", mark="live_test_only"), True),
        (item("tests/test_imds_credential.py", fixture="recorded_test"), True),
        (item("tests/test_live_async.py"), True),
        (item("tests/managed-identity-live/test_cloud_shell.py"), True),
        (item("tests/test_delivery.py", mark="manual"), False),
        (item("tests/test_authority.py"), False),
    ],
)
def test_a_test_is_live_by_its_decorator_its_mark_its_fixture_or_its_place(
    found: Any, live: bool
) -> None:
    assert is_live(found) is live


def test_a_loader_gives_values_and_leaves_the_parameters_of_pytest(
    arguments: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCOUNT_NAME", "first")
    monkeypatch.setenv("ACCOUNT_PLACE", "second")
    options = arguments.EnvironmentVariableOptions(hide_secrets=["account_place"])
    loader = arguments.EnvironmentVariableLoader(
        "storage", account_name="none", account_place="none", other="default", options=options
    )

    async def test(_: object, size: int, **given: Any) -> tuple[int, str, str, str]:
        return size, given["account_name"], given["account_place"].secret, given["other"]

    wrapped = loader(test)
    assert list(inspect.signature(wrapped).parameters) == ["_", "size"]
    assert wrapped.is_live
    assert asyncio.run(wrapped(None, size=3)) == (3, "first", "second", "default")
