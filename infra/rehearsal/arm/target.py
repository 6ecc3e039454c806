"""The target of a deployment: the facts that a template can ask about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.rehearsal.arm.places import Place


@dataclass(frozen=True)
class Target:
    """The ids are made up unless given: none of them affects Azure's refusals.

    utcNow() gives the moment.
    """

    tenant: str = "7e4a4700-0000-4000-8000-000000000000"
    subscription: str = "5ab5c21b-0000-4000-8000-000000000000"
    group: str = "rehearsal"
    management_group: str = "rehearsal"
    location: str = "westeurope"
    deployment: str = "rehearsal"
    # The object id of the deployer.
    deployer: str = "de910e40-0000-4000-8000-000000000004"
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def place(self, level: str) -> Place:
        """Return the place that a template of this level is deployed to."""
        whole = Place("group", self.subscription, self.group, self.management_group)
        return whole.at(level)  # type: ignore[arg-type]


# Of the public cloud;
# https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment
ENVIRONMENT: Mapping[str, Any] = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {
        "loginEndpoint": "https://login.microsoftonline.com/",
        "audiences": [
            "https://management.core.windows.net/",
            "https://management.azure.com/",
        ],
        "tenant": "common",
        "identityProvider": "AAD",
    },
    "graph": "https://graph.windows.net/",
    "graphAudience": "https://graph.windows.net/",
    "portal": "https://portal.azure.com",
    "suffixes": {
        "acrLoginServer": ".azurecr.io",
        "azureDatalakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
        "azureDatalakeStoreFileSystem": "azuredatalakestore.net",
        "azureFrontDoorEndpointSuffix": "azurefd.net",
        "keyvaultDns": ".vault.azure.net",
        "sqlServerHostname": ".database.windows.net",
        "storage": "core.windows.net",
    },
}
