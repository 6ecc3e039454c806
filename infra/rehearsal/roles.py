"""Built-in roles: their names, and those of their actions that a rule asks about.

MicrosoftDocs/azure-docs articles/role-based-access-control/built-in-roles,
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BuiltIn:
    """One role: a role that is not here is shown by its GUID, and may include anything."""

    name: str
    # Actions and data actions, in lower case, with * for any text.
    includes: tuple[str, ...]


_BUS = (
    "microsoft.servicebus/*/queues/read",
    "microsoft.servicebus/*/topics/read",
    "microsoft.servicebus/*/topics/subscriptions/read",
)
_STORAGE = ("microsoft.storage/*",)
_VAULT = ("microsoft.keyvault/*",)

# By the name (a GUID) of the definition. What the last ones include is nothing on a registry or a
# bus, and that is what the rules ask.
BUILT_IN: Mapping[str, BuiltIn] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": BuiltIn("Owner", ("*",)),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": BuiltIn("Contributor", ("*",)),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": BuiltIn("Reader", ("*/read",)),
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": BuiltIn(
        "Role Based Access Control Administrator", ("microsoft.authorization/*", "*/read")
    ),
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": BuiltIn(
        "AcrPull", ("microsoft.containerregistry/registries/pull/read",)
    ),
    "8311e382-0749-4cb8-b61a-304f252e45ec": BuiltIn(
        "AcrPush",
        (
            "microsoft.containerregistry/registries/pull/read",
            "microsoft.containerregistry/registries/push/write",
        ),
    ),
    "090c5cfd-751d-490a-894a-3ce6f1109419": BuiltIn(
        "Azure Service Bus Data Owner", ("microsoft.servicebus/*",)
    ),
    "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": BuiltIn(
        "Azure Service Bus Data Receiver", (*_BUS, "microsoft.servicebus/*/receive/action")
    ),
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": BuiltIn(
        "Azure Service Bus Data Sender", (*_BUS, "microsoft.servicebus/*/send/action")
    ),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": BuiltIn("Storage Blob Data Contributor", _STORAGE),
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": BuiltIn("Storage Blob Data Owner", _STORAGE),
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": BuiltIn("Storage Blob Data Reader", _STORAGE),
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": BuiltIn("Key Vault Secrets Officer", _VAULT),
    "4633458b-17de-408a-b874-0445c86b69e6": BuiltIn("Key Vault Secrets User", _VAULT),
    "3913510d-42f4-4e42-8a64-420c390055eb": BuiltIn(
        "Monitoring Metrics Publisher", ("microsoft.insights/*",)
    ),
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": BuiltIn(
        "Cognitive Services OpenAI User", ("microsoft.cognitiveservices/*",)
    ),
}
