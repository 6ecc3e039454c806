"""The environment to report on, from its azd values."""

from collections.abc import Mapping
from dataclasses import dataclass

from azure.core.credentials import TokenCredential

from local.azd_values import Values, ValuesError
from local.doctor.cached_credential import CachedCredential
from local.questions.asker import Asker, Entities, Hosts
from local.report.control_plane import ControlPlane
from local.rights import Environment
from sandbox.deployment import as_compiled


@dataclass(frozen=True)
class Reported:
    """An azd environment, and where its resources are."""

    name: str
    azure: ControlPlane
    values: Values

    @classmethod
    def of(cls, values: Values) -> "Reported":
        """Read the values. Raises ValuesError if there was no deployment attempt.

        After a failed deployment azd has no outputs; the group is named after the environment.
        """
        name = values["AZURE_ENV_NAME"]
        group = values.named.get("AZURE_RESOURCE_GROUP") or f"rg-keyless-{name}"
        return cls(name, ControlPlane(values["AZURE_SUBSCRIPTION_ID"], group), values)

    def asker(self, credential: TokenCredential) -> Asker | None:
        """Return a client of its data services; None if their addresses are unknown."""
        try:
            hosts = _hosts(self.values)
        except ValuesError:
            return None
        return Asker(CachedCredential(credential), hosts, Entities.of(as_compiled()))

    @property
    def named(self) -> Mapping[str, str]:
        """All of its values, none of which may enter a report."""
        return {**self.values.named, "group": self.azure.group}


def _hosts(values: Values) -> Hosts:
    there = Environment.of(values)
    return Hosts(
        f"{there.account}.blob.core.windows.net",
        f"{there.vault}.vault.azure.net",
        values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"],
    )
