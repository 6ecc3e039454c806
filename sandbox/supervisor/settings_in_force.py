"""The settings of a running sandbox, put into force on its planes."""

from collections.abc import Mapping

from sandbox.entra import Issuer, Lifetimes
from sandbox.identity import TokenCache
from sandbox.rbac import Assignments
from sandbox.supervisor.settings import USUAL, Settings, changed


class SettingsInForce:
    """The settings of a running sandbox; each change reaches the planes at once."""

    def __init__(
        self,
        issuer: Issuer,
        cache: TokenCache,
        assignments: Assignments,
        settings: Settings = USUAL,
    ) -> None:
        self._issuer = issuer
        self._cache = cache
        self._assignments = assignments
        self.now = USUAL
        self._put(settings)

    def change(self, asked: Mapping[str, object]) -> Mapping[str, object]:
        """Change the settings that `asked` names, all or none; return those in force, and warnings.

        Raises SettingError.
        """
        self._put(changed(self.now, asked))
        warnings = list(self.now.warnings) if asked else []
        return {"settings": dict(self.now.shown), "warnings": warnings}

    def _put(self, settings: Settings) -> None:
        if settings.token_lifetime != self.now.token_lifetime:
            life = settings.token_lifetime
            self._issuer.lifetimes = Lifetimes() if life is None else Lifetimes(life, life)
            # A cached token would go on for the rest of the day that it was issued for.
            self._cache.forget()
        if settings.endpoint_cache != self.now.endpoint_cache:
            self._cache.on = settings.endpoint_cache
        self._assignments.propagation = settings.propagation
        self.now = settings
