"""Texts that the sandbox does not answer, as Microsoft's pages and users' reports have them."""

import pytest

from local.doctor.texts import read

# The source of each stands above it.
TEXTS = {
    # learn.microsoft.com/rest/api/storageservices/sas-error-codes, and AzureStorageExplorer#5024
    "<Code>AuthorizationFailure</Code><Message>This request is not authorized to perform this "
    "operation.\nRequestId:cb884691-101e-008f-5d77-b8c964000000": "network rules",
    # microsoft/AzureStorageExplorer#1104: the sentence, without its code
    "StorageError: This request is not authorized to perform this operation using this permission."
    "\nRequestId:cb884691-101e-008f-5d77-b8c964000000": "no role assignment of theirs allows",
    # learn.microsoft.com/azure/key-vault/general/rest-error-codes
    "Client address (00.00.0.0) is not authorized and caller is not a trusted service.": "firewall",
    # Azure/azure-sdk-for-python#27266
    "[TokenExpired] Error validating token: 'S2S12086'.": "has expired",
    # Azure/azure-sdk-for-python#23487
    "The link 'a' is force detached. Code: RenewToken. Details: Unauthorized access. 'Listen' "
    "claim(s) are required to perform this operation. Resource: 'sb://ns.servicebus.windows.net/"
    "t/subscriptions/s'..": "An open link was dropped",
    # Azure/azure-docs#76896
    "Unauthorized access. 'Listen,Manage,SubscriptionRuleRead' claim(s) are required to perform "
    "this operation. Resource: 'sb://ns.servicebus.windows.net/t/subscriptions/s'.": "allows this",
    # Azure/azure-sdk-for-java#37010
    "LocalAuthDisabled: Authorization failed because SAS authentication has been disabled for the "
    "namespace.": "no SAS",
    # learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    '{"error":"invalid_request","error_description":"Multiple user assigned identities exist, '
    'please specify the clientId / resourceId of the identity in the token request"}': "several",
    # Azure/azure-sdk-for-net#37278
    '{"error":"invalid_request","error_description":"Identity not found"}': "none of the machine's",
    # learn.microsoft.com/entra/identity-platform/reference-error-codes
    "AADSTS500011: The resource principal named api://none was not found in the tenant named a.": (
        "is not known in this tenant"
    ),
    "AADSTS7000215: Invalid client secret provided.": "a managed identity has none",
    "AADSTS700213: No matching federated identity record found for presented assertion subject.": (
        "does not trust"
    ),
    "AADSTS999999: Something that is not in the table.": "for its reason 999999",
    # microsoft/ApplicationInsights-dotnet, AuthenticationTransmissionPolicy.cs
    "Forbidden - provided credentials do not grant the access to ingest the telemetry into the "
    "component": "may not publish telemetry",
}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:30])
def test_what_azure_answers_is_read(text: str) -> None:
    reading = read(text)
    assert reading is not None
    assert TEXTS[text] in reading.means
    assert reading.do


@pytest.mark.parametrize(
    "text", ["", "It does not work.", "403 Forbidden", "Action: 'x' Resource: 'y'", "ü" * 9]
)
def test_what_is_not_known_is_not_guessed(text: str) -> None:
    assert read(text) is None


def test_a_topics_subscription_is_named_by_its_resource_id_as_far_as_the_text_tells() -> None:
    text = next(each for each in TEXTS if "RenewToken" in each)
    reading = read(text)
    assert reading is not None
    assert reading.scope == (
        "/subscriptions/<subscription>/resourceGroups/<group>"
        "/providers/Microsoft.ServiceBus/namespaces/ns/topics/t/subscriptions/s"
    )


def test_ends_of_line_in_letters_are_read_as_such() -> None:
    text = (
        "Caller is not authorized to perform action on resource.\\r\\nCaller: "
        "name=App;appid=a;oid=b;iss=c\\r\\nAction: 'Microsoft.KeyVault/vaults/secrets/setSecret/"
        "action'\\r\\nResource: '/subscriptions/1/vaults/kv/secrets/s'\\r\\n"
    )
    reading = read(text)
    assert reading is not None
    assert (reading.principal, reading.client) == ("b", "a")
    assert reading.roles[0] == "Key Vault Secrets Officer"
