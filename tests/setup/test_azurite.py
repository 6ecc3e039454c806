"""npm's installed packages, compared with its lock file."""

from typing import Any

import pytest

from setup.azurite import is_as_locked

LOCKED: dict[str, dict[str, Any]] = {
    "": {"name": "keyless-azurite"},
    "node_modules/azurite": {"version": "3.37.0"},
    "node_modules/fsevents": {"version": "2.3.0", "optional": True},
}


@pytest.mark.parametrize(
    "installed",
    [
        {"node_modules/azurite": {"version": "3.37.0"}},
        {
            "node_modules/azurite": {"version": "3.37.0"},
            "node_modules/fsevents": {"version": "2.3.0", "optional": True},
        },
    ],
)
def test_what_is_locked_is_installed_whether_optional_or_not(installed: dict[str, Any]) -> None:
    assert is_as_locked(installed, LOCKED)


@pytest.mark.parametrize(
    "installed",
    [
        {},
        {"node_modules/azurite": {"version": "3.36.0"}},
        {"node_modules/azurite": {"version": "3.37.0"}, "node_modules/other": {"version": "1.0.0"}},
    ],
)
def test_another_version_or_package_is_not(installed: dict[str, Any]) -> None:
    assert not is_as_locked(installed, LOCKED)
