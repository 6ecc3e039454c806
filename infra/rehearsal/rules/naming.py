"""Names that Azure accepts, by type of resource: a table of its own.

MicrosoftDocs/azure-docs articles/azure-resource-manager/management/resource-name-rules.md, in the
edition of November 2023. Where Azure takes more than the page says, so does this table.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class _Alphabet:
    """Which characters a name has, and where."""

    pattern: str
    words: str

    def takes(self, name: str) -> bool:
        """Return whether a whole name is written in it."""
        return re.fullmatch(self.pattern, name) is not None


_LOWER = _Alphabet(r"[a-z0-9]*", "lower-case letters and digits")
_LOWER_FROM_LETTER = _Alphabet(r"[a-z][a-z0-9]*", "lower-case letters and digits, a letter first")
_LOWER_HYPHENS = _Alphabet(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and hyphens, a letter or digit at both ends",
)
_LOWER_HYPHENS_FROM_LETTER = _Alphabet(
    r"[a-z]([a-z0-9-]*[a-z0-9])?",
    "lower-case letters, digits and hyphens, a letter first and no hyphen last",
)
_LOWER_SINGLE_HYPHENS = _Alphabet(
    r"\$root|\$web|\$logs|[a-z0-9](-?[a-z0-9])*",
    "lower-case letters, digits and single hyphens, a letter or digit at both ends",
)
_ALNUM = _Alphabet(r"[A-Za-z0-9]*", "letters and digits")
_HYPHENS = _Alphabet(
    r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
    "letters, digits and hyphens, a letter or digit at both ends",
)
_HYPHENS_ANYWHERE = _Alphabet(r"[A-Za-z0-9-]*", "letters, digits and hyphens")
_HYPHENS_FROM_LETTER = _Alphabet(
    r"[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?",
    "letters, digits and hyphens, a letter first and no hyphen last",
)
_SINGLE_HYPHENS = _Alphabet(
    r"[A-Za-z0-9](-?[A-Za-z0-9])*", "letters, digits and single hyphens, no hyphen at an end"
)
_SINGLE_HYPHENS_FROM_LETTER = _Alphabet(
    r"[A-Za-z](-?[A-Za-z0-9])*",
    "letters, digits and single hyphens, a letter first, no hyphen last",
)
_UNDERSCORES = _Alphabet(r"[A-Za-z0-9_-]*", "letters, digits, hyphens and underscores")
_UNDERSCORES_INSIDE = _Alphabet(
    r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?",
    "letters, digits, hyphens and underscores, a letter or digit at both ends",
)
_UNDERSCORES_AFTER = _Alphabet(
    r"[A-Za-z0-9][A-Za-z0-9_-]*",
    "letters, digits, hyphens and underscores, a letter or digit first",
)
_DOTS = _Alphabet(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?",
    "letters, digits, periods, hyphens and underscores, a letter or digit at both ends",
)
_NETWORK = _Alphabet(
    r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?",
    "letters, digits, periods, hyphens and underscores, no period or hyphen at an end",
)
_BRACKETS = _Alphabet(
    r"[A-Za-z0-9_().-]*", "letters, digits, periods, hyphens, underscores, brackets"
)
GROUP = _Alphabet(
    r"[\w().-]*[\w()-]",
    "letters, digits, periods, hyphens, underscores, brackets, no period last",
)
_MONITORED = _Alphabet(
    r"[^%&\\?/\x00-\x1f]*[^%&\\?/\x00-\x1f .]", r"no % & \ ? or /, and no space or period last"
)
_GUID = _Alphabet(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "a GUID")
_DEFAULT = _Alphabet(r"(?i:default)", "the word default")


Unique = Literal["its parent", "its group", "its tenant", "all of Azure"]


@dataclass(frozen=True)
class NameRule:
    """A type's rules for the last part of its names, and the scope in which they are unique."""

    shortest: int
    longest: int
    alphabet: _Alphabet
    unique_in: Unique


_TABLE: Sequence[tuple[str, int, int, _Alphabet, Unique]] = (
    ("Microsoft.ApiManagement/service", 1, 50, _HYPHENS_FROM_LETTER, "all of Azure"),
    ("Microsoft.App/containerApps", 2, 32, _LOWER_HYPHENS_FROM_LETTER, "its group"),
    ("Microsoft.AppConfiguration/configurationStores", 5, 50, _UNDERSCORES, "all of Azure"),
    ("Microsoft.Authorization/roleAssignments", 36, 36, _GUID, "its tenant"),
    ("Microsoft.Authorization/roleDefinitions", 36, 36, _GUID, "its tenant"),
    ("Microsoft.Automation/automationAccounts", 6, 50, _HYPHENS_FROM_LETTER, "its group"),
    ("Microsoft.Batch/batchAccounts", 3, 24, _LOWER, "all of Azure"),
    ("Microsoft.Cache/redis", 1, 63, _SINGLE_HYPHENS, "all of Azure"),
    ("Microsoft.CognitiveServices/accounts", 2, 64, _HYPHENS, "its group"),
    ("Microsoft.Communication/communicationServices", 1, 63, _HYPHENS, "all of Azure"),
    ("Microsoft.ContainerRegistry/registries", 5, 50, _ALNUM, "all of Azure"),
    ("Microsoft.ContainerService/managedClusters", 1, 63, _UNDERSCORES_INSIDE, "its group"),
    ("Microsoft.DataFactory/factories", 3, 63, _HYPHENS, "all of Azure"),
    ("Microsoft.Databricks/workspaces", 3, 64, _UNDERSCORES, "its group"),
    ("Microsoft.DocumentDB/databaseAccounts", 3, 44, _LOWER_HYPHENS, "all of Azure"),
    ("Microsoft.EventGrid/topics", 3, 50, _HYPHENS_ANYWHERE, "its group"),
    ("Microsoft.EventHub/namespaces", 6, 50, _HYPHENS_FROM_LETTER, "all of Azure"),
    ("Microsoft.EventHub/namespaces/eventhubs", 1, 256, _DOTS, "its parent"),
    ("Microsoft.Insights/components", 1, 260, _MONITORED, "its group"),
    ("Microsoft.KeyVault/vaults", 3, 24, _SINGLE_HYPHENS_FROM_LETTER, "all of Azure"),
    ("Microsoft.KeyVault/vaults/secrets", 1, 127, _HYPHENS_ANYWHERE, "its parent"),
    ("Microsoft.Kusto/clusters", 4, 22, _LOWER_FROM_LETTER, "all of Azure"),
    ("Microsoft.Logic/workflows", 1, 80, _BRACKETS, "its group"),
    ("Microsoft.MachineLearningServices/workspaces", 3, 33, _UNDERSCORES, "its group"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", 3, 128, _UNDERSCORES_AFTER, "its group"),
    ("Microsoft.Network/applicationGateways", 1, 80, _NETWORK, "its group"),
    ("Microsoft.Network/networkSecurityGroups", 1, 80, _NETWORK, "its group"),
    ("Microsoft.Network/privateEndpoints", 2, 64, _NETWORK, "its group"),
    ("Microsoft.Network/publicIPAddresses", 1, 80, _NETWORK, "its group"),
    ("Microsoft.Network/virtualNetworks", 2, 64, _NETWORK, "its group"),
    ("Microsoft.Network/virtualNetworks/subnets", 1, 80, _NETWORK, "its parent"),
    ("Microsoft.OperationalInsights/workspaces", 4, 63, _HYPHENS, "its group"),
    ("Microsoft.Resources/deployments", 1, 64, _BRACKETS, "its group"),
    ("Microsoft.Resources/resourceGroups", 1, 90, GROUP, "its group"),
    ("Microsoft.ServiceBus/namespaces", 6, 50, _HYPHENS_FROM_LETTER, "all of Azure"),
    ("Microsoft.ServiceBus/namespaces/queues", 1, 260, _DOTS, "its parent"),
    ("Microsoft.ServiceBus/namespaces/topics", 1, 260, _DOTS, "its parent"),
    ("Microsoft.ServiceBus/namespaces/topics/subscriptions", 1, 50, _DOTS, "its parent"),
    ("Microsoft.SignalRService/signalR", 3, 63, _HYPHENS_FROM_LETTER, "all of Azure"),
    ("Microsoft.Sql/servers", 1, 63, _LOWER_HYPHENS, "all of Azure"),
    ("Microsoft.Storage/storageAccounts", 3, 24, _LOWER, "all of Azure"),
    ("Microsoft.Storage/storageAccounts/blobServices", 7, 7, _DEFAULT, "its parent"),
    (
        "Microsoft.Storage/storageAccounts/blobServices/containers",
        3,
        63,
        _LOWER_SINGLE_HYPHENS,
        "its parent",
    ),
    ("Microsoft.Storage/storageAccounts/fileServices", 7, 7, _DEFAULT, "its parent"),
    (
        "Microsoft.Storage/storageAccounts/fileServices/shares",
        3,
        63,
        _LOWER_SINGLE_HYPHENS,
        "its parent",
    ),
    ("Microsoft.Storage/storageAccounts/managementPolicies", 7, 7, _DEFAULT, "its parent"),
    ("Microsoft.Web/serverfarms", 1, 60, _UNDERSCORES, "its group"),
    ("Microsoft.Web/sites", 2, 60, _HYPHENS, "all of Azure"),
)

# By type, in lower case.
NAMES: Mapping[str, NameRule] = {
    kind.lower(): NameRule(shortest, longest, alphabet, unique_in)
    for kind, shortest, longest, alphabet, unique_in in _TABLE
}
