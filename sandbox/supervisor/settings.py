"""The settings that may change while a sandbox runs. They end with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.durations import DurationError, in_words, parse_duration

# In seconds. Azure's longest life is a managed identity's.
_SHORTEST_LIFE, _LONGEST_LIFE = 5, 24 * 60 * 60
# Azure's up to ten minutes, and room to see the difference:
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
_LONGEST_PROPAGATION = 60 * 60
# AzureAD/microsoft-authentication-library-for-python, msal/managed_identity.py: a token with less
# life left counts as expired.
MARGIN = 5 * 60
_SWITCH = {"on": True, "off": False}
_AS_ON_AZURE = "default"


class SettingError(ValueError):
    """A setting or a value that does not exist; the message is a sentence."""


@dataclass(frozen=True)
class Settings:
    """Tokens live and are cached as on Azure by default; roles take effect at once.

    `token_lifetime` and `propagation` are in seconds; no lifetime stands for Entra's own.
    """

    token_lifetime: int | None = None
    endpoint_cache: bool = True
    propagation: int = 0

    @property
    def shown(self) -> Mapping[str, str]:
        """Every setting as it is written on the command line."""
        lifetime = self.token_lifetime
        return {
            "token-lifetime": _AS_ON_AZURE if lifetime is None else in_words(lifetime),
            "endpoint-cache": "on" if self.endpoint_cache else "off",
            "propagation": in_words(self.propagation),
        }

    @property
    def otherwise(self) -> Mapping[str, str]:
        """The settings that differ from the default."""
        usual = USUAL.shown
        return {name: value for name, value in self.shown.items() if value != usual[name]}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a sentence for each misleading setting."""
        if self.token_lifetime is None or self.token_lifetime > MARGIN:
            return ()
        return (
            f"azure-identity counts a token with less than {in_words(MARGIN)} left as expired, so"
            f" it never uses a token of {in_words(self.token_lifetime)} twice; from 6m on, its"
            " cache works",
        )


USUAL = Settings()


def changed(now: Settings, asked: Mapping[str, object]) -> Settings:
    """Return `now` with the settings that `asked` names. Raises SettingError."""
    for name, value in asked.items():
        if name not in USUAL.shown:
            known = ", ".join(USUAL.shown)
            raise SettingError(f"no setting is called {name[:40]!r}; choose from {known}")
        if not isinstance(value, str):
            raise SettingError(f"the value of {name} must be text")
        try:
            now = _with(now, name, value)
        except DurationError as error:
            raise SettingError(f"{name}: {error}") from error
    return now


def _with(now: Settings, name: str, value: str) -> Settings:
    if name == "token-lifetime":
        return replace(now, token_lifetime=_lifetime(value))
    if name == "propagation":
        return replace(now, propagation=parse_duration(value, most=_LONGEST_PROPAGATION))
    if value not in _SWITCH:
        raise SettingError(f"{name} is on or off, not {value[:40]!r}")
    return replace(now, endpoint_cache=_SWITCH[value])


def _lifetime(value: str) -> int | None:
    if value == _AS_ON_AZURE:
        return None
    return parse_duration(value, least=_SHORTEST_LIFE, most=_LONGEST_LIFE)
