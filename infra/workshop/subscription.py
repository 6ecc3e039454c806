"""What the host's subscription has already: nothing here changes anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.azure_cli import AzureCliError, ask

# What workshop.bicep deploys. Who holds one group alone cannot register a provider.
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
# Azure/azure-cli-extensions, src/containerapp/azext_containerapp/tests: what list-usages answers.
_ENVIRONMENTS = "ManagedEnvironmentCount"


@dataclass(frozen=True)
class Workshop:
    """One workshop of a subscription. Role names are unique in a tenant, so `suffix` is."""

    subscription: str
    suffix: str

    @classmethod
    def of(cls, subscription: str, suffix: str = "") -> "Workshop":
        """Return the workshop of a subscription, by default of the one that az has chosen.

        Raises AzureCliError.
        """
        found = str(ask("account", "show", "--query", "id", subscription=subscription))
        # Longer than `<environment>-<8 letters>`: an `azd down` takes its own roles by that form.
        return cls(found, suffix or f"workshop-{found[:13]}")

    @property
    def tag(self) -> str:
        """The tag that each group of the workshop has."""
        return f"{TAG}={self.suffix}"


def groups(subscription: str) -> Mapping[str, Mapping[str, Any]]:
    """Return every group, by its name in small letters. Raises AzureCliError."""
    found = ask("group", "list", subscription=subscription) or ()
    return {each["name"].lower(): each for each in found}


def is_of(workshop: Workshop, group: Mapping[str, Any]) -> bool:
    """Say whether a group was made for the workshop."""
    return bool((group.get("tags") or {}).get(TAG) == workshop.suffix)


def unregistered(subscription: str) -> Sequence[str]:
    """Return the providers that the subscription does not know yet. Raises AzureCliError."""
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
    """Return how many Container Apps environments a region still takes; None if nobody says."""
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
