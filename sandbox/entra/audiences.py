"""The resources that a token can be for, and which spellings each data plane accepts."""

BLOB = "https://storage.azure.com"
VAULT = "https://vault.azure.net"
BUS = "https://servicebus.azure.net"
MANAGEMENT = "https://management.azure.com"
MONITOR = "https://monitor.azure.com"
GRAPH = "https://graph.microsoft.com"
# Azure Resource Manager under its older name, which the Azure CLI asks for.
_MANAGEMENT_BEFORE = "https://management.core.windows.net"

# Key Vault refuses its own address with a slash behind it (Azure/go-autorest issue 525); Storage
# and Service Bus take both, which their SDKs depend on.
VAULT_AUDIENCES = frozenset({VAULT, "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"})
BUS_AUDIENCES = frozenset({BUS, f"{BUS}/"})
# The exporters ask for https://monitor.azure.com//.default, of which one slash stays.
MONITOR_AUDIENCES = frozenset({MONITOR, f"{MONITOR}/"})
GRAPH_AUDIENCES = frozenset({GRAPH, f"{GRAPH}/", "00000003-0000-0000-c000-000000000000"})
MANAGEMENT_AUDIENCES = frozenset(
    {MANAGEMENT, f"{MANAGEMENT}/", _MANAGEMENT_BEFORE, f"{_MANAGEMENT_BEFORE}/"}
)


def blob_audiences(account_host: str) -> frozenset[str]:
    """Return the audiences of Blob Storage: the whole service, and one account by its address.

    The account's: Azure/azure-sdk-assets (15ce6fa2, 2023-09), azure-storage-blob for Python,
    test_storage_account_audience_blob_client; (183ae46c, 2024-01) for Java, storageAccountAudience.
    """
    service = {BLOB, f"{BLOB}/", "e406a681-f3d4-42a8-90b6-c2b029497af1"}
    account = f"https://{account_host}"
    return frozenset(service | {account, f"{account}/"})


# The resources of tokens, beside one storage account and the registered API.
RESOURCES = (BLOB, VAULT, BUS, MONITOR, MANAGEMENT, GRAPH)


def issued_for(resource: str) -> bool:
    """Return whether `resource` is an Azure service that Entra issues tokens for."""
    bare = resource.rstrip("/")
    return bare in {*RESOURCES, _MANAGEMENT_BEFORE} or _is_account(bare)


def _is_account(resource: str) -> bool:
    account = resource.removeprefix("https://").removesuffix(".blob.core.windows.net")
    return resource == f"https://{account}.blob.core.windows.net" and account.isalnum()
