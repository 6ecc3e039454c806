"""The state of the host's subscription, read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.azure_cli import AzureCliError, ask

# The providers of workshop.bicep. An attendee with one group cannot register a provider.
PROVIDERS = tuple(
    f"Microsoft.{each}"
    for each in (
        "App",
        "ContainerRegistry",
        "Insights",
        "KeyVault",
        "ManagedIdentity",
        "OperationalInsights",
        "ServiceBus",
        "Storage",
    )
)
TAG = "keyless-workshop"
# The output of list-usages: Azure/azure-cli-extensions, src/containerapp/azext_containerapp/tests.
_ENVIRONMENTS = "ManagedEnvironmentCount"


@dataclass(frozen=True)
class Workshop:
    """One workshop of a subscription; `suffix` is unique in the tenant, as role names must be."""

    subscription: str
    suffix: str

    @classmethod
    def of(cls, subscription: str, suffix: str = "") -> "Workshop":
        """Return the workshop of a subscription, by default az's own. Raises AzureCliError."""
        found = str(ask("account", "show", "--query", "id", subscription=subscription))
        # Longer than `<environment>-<8 letters>`, the form of the roles that `azd down` deletes.
        return cls(found, suffix or f"workshop-{found[:13]}")

    @property
    def tag(self) -> str:
        """The tag of each group of the workshop."""
        return f"{TAG}={self.suffix}"


def groups(subscription: str) -> Mapping[str, Mapping[str, Any]]:
    """Return every group, by its lower-case name. Raises AzureCliError."""
    found = ask("group", "list", subscription=subscription) or ()
    return {each["name"].lower(): each for each in found}


def is_of(workshop: Workshop, group: Mapping[str, Any]) -> bool:
    """Return whether a group belongs to the workshop."""
    return bool((group.get("tags") or {}).get(TAG) == workshop.suffix)


def unregistered(subscription: str) -> Sequence[str]:
    """Return the providers that are not registered yet. Raises AzureCliError."""
    query = "[?registrationState=='Registered'].namespace"
    found = ask("provider", "list", "--query", query, subscription=subscription) or ()
    known = {str(each).lower() for each in found}
    return [each for each in PROVIDERS if each.lower() not in known]


def object_id(user: str) -> str:
    """Return the object id of a user, by their sign-in name or by the id itself.

    Raises AzureCliError.
    """
    return str(ask("ad", "user", "show", "--id", user, "--query", "id"))


def room_for_environments(location: str, subscription: str) -> int | None:
    """Return how many Container Apps environments a region still allows; None if unknown."""
    try:
        found = ask(
            "containerapp", "list-usages", "--location", location, subscription=subscription
        )
    except AzureCliError:
        return None
    usages = found.get("value", ()) if isinstance(found, dict) else found or ()
    for each in usages:
        if each["name"]["value"] == _ENVIRONMENTS:
            return int(each["limit"]) - int(each.get("currentValue", each.get("usage", 0)))
    return None
