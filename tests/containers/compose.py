"""docker-compose.yml, read as compose reads it: merged, and with the defaults of its variables."""

import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from sandbox.deployment import app_names
from sandbox.state import PROJECT

FILE = PROJECT / "docker-compose.yml"
SERVICES = app_names()
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+):-(?P<default>[^}]*)\})")

Service = dict[str, Any]


def compose(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file, in an environment of `variables`."""
    found: dict[str, Any] = YAML(typ="safe").load(FILE.read_text())
    return {name: _filled(each, variables or {}) for name, each in found.items()}


def services(profile: str = "", variables: Mapping[str, str] | None = None) -> dict[str, Service]:
    """The services of one profile, or those of none, by name."""
    wanted = [profile] if profile else []
    found: dict[str, Service] = compose(variables)["services"]
    return {name: each for name, each in found.items() if each.get("profiles", []) == wanted}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, variables) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, variables) for each in value]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        return "$" if found["name"] is None else variables.get(found["name"]) or found["default"]

    return _VARIABLE.sub(fill, value)
