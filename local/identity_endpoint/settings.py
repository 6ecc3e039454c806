"""The endpoint's settings, from the values of an azd environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SERVICES = ("gateway", "thumbnailer", "catalog", "notifier")
_ADVICE = "write the values of a deployed environment to .env: azd env get-values > .env"


class SettingError(ValueError):
    """A setting is missing or malformed; the message is one sentence that names it."""


@dataclass(frozen=True)
class Settings:
    """The tenant to sign in to, and each service's settings. The folders are the image's.

    The default tenant is the developer's own.
    """

    tenant: str
    services: Mapping[str, Mapping[str, str]]
    sign_in: Path = field(default=Path("/sign-in"))
    environments: Path = field(default=Path("/environments"))

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment. Raises SettingError, which names everything that is missing."""
        missing = [name for name in map(_variable, SERVICES) if not env.get(name, "").strip()]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            raise SettingError(f"{', '.join(missing)} {verb} missing: {_ADVICE}.")
        tenant = env.get("AZURE_TENANT_ID", "").strip()
        return cls(
            tenant or "organizations", {service: _settings(env, service) for service in SERVICES}
        )


def _settings(env: Mapping[str, str], service: str) -> Mapping[str, str]:
    name = _variable(service)
    try:
        return {each["name"]: str(each["value"]) for each in json.loads(env[name])}
    except (json.JSONDecodeError, TypeError, KeyError) as error:
        raise SettingError(f"{name} is malformed: it must be a JSON list of settings.") from error


def _variable(service: str) -> str:
    return f"{service.upper()}_SETTINGS"
