"""docker-compose.yml, read as compose reads it: merged, and with the defaults of its variables."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sandbox.deployment import app_names
from sandbox.state import PROJECT

FILE = PROJECT / "docker-compose.yml"
# Puts the sandbox in the place of Azure, for the profile azure.
SANDBOX_AS_AZURE = PROJECT / "tests" / "containers" / "sandbox-as-azure.yml"
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


def overridden(found: Mapping[str, Service], override: Path) -> dict[str, Service]:
    """Services as a second file changes them: its mappings and lists are added to theirs.

    https://docs.docker.com/reference/compose-file/merge/
    """
    added: Mapping[str, Service] = YAML(typ="safe").load(override.read_text())["services"]
    return {name: _merged(each, added.get(name, {})) for name, each in found.items()}


def _merged(service: Service, added: Service) -> Service:
    merged = dict(service)
    for name, value in added.items():
        before = service.get(name, type(value)())
        merged[name] = before | value if isinstance(value, dict) else [*before, *value]
    return merged


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
