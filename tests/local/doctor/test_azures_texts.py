"""Texts that the sandbox does not answer, as Microsoft's pages and users' reports have them."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.az_commands import assignment_name
from local.doctor.error_texts import Explanation, explain
from tests.azure_cli import Cli, at_home, real_az

# The source of each stands above it.
TEXTS = {
    # learn.microsoft.com/rest/api/storageservices/sas-error-codes, and AzureStorageExplorer#5024
    "<Code>AuthorizationFailure</Code><Message>This request is not authorized to perform this "
    "operation.\nRequestId:cb884691-101e-008f-5d77-b8c964000000": "network rules",
    # microsoft/AzureStorageExplorer#1104: the sentence, without its code
    "StorageError: This request is not authorized to perform this operation using this permission."
    "\nRequestId:cb884691-101e-008f-5d77-b8c964000000": (
        "none of the caller's role assignments allows"
    ),
    # learn.microsoft.com/azure/key-vault/general/rest-error-codes
    "Client address (00.00.0.0) is not authorized and caller is not a trusted service.": "firewall",
    # Azure/azure-sdk-for-python#27266
    "[TokenExpired] Error validating token: 'S2S12086'.": "has expired",
    # Azure/azure-sdk-for-python#12368
    "(Unauthorized) Error validating token: IDX10223": "has expired",
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
    '{"error":"invalid_request","error_description":"Identity not found"}': "no identity with the",
    # learn.microsoft.com/entra/identity-platform/reference-error-codes
    "AADSTS500011: The resource principal named api://none was not found in the tenant named a.": (
        "This tenant does not know"
    ),
    "AADSTS7000215: Invalid client secret provided.": "a managed identity has none",
    "AADSTS700213: No matching federated identity record found for presented assertion subject.": (
        "does not trust"
    ),
    "AADSTS999999: Something that is not in the table.": "for the reason 999999",
    # Azure/azure-cli, command_modules/storage: what `az storage` says of that code
    "You do not have the required permissions needed to perform this operation.\nDepending on your "
    "operation, you may need to be assigned one of the following roles:": (
        "none of the caller's role assignments"
    ),
    # learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
    "Server failed to authenticate the request. Please refer to the information in the "
    "www-authenticate header.": "has no token, or one that is not valid",
    # Azure/azure-sdk-for-java#8667
    "Server failed to authenticate the request. Make sure the value of Authorization header is "
    "formed correctly including the signature.": "cannot identify the caller",
    # Azure/azure-cli#19203
    "This request is not authorized to perform blob overwrites.": "never replaces one",
    # users' reports: the sentence of KeyBasedAuthenticationNotPermitted
    "Key based authentication is not permitted on this storage account.": "accepts no account key",
    # Azure-Samples/azuresandbox#429
    "Client address is not authorized and caller is not a trusted service.\nClient address: "
    "192.0.2.1\nVault: kv;location=westeurope": "firewall",
    # users' reports, of secrets of Container Apps among others
    "(Forbidden) Public network access is disabled and request is not from a trusted service nor "
    "via an approved private link.\r\nCaller: appid=a;oid=b;iss=c": "only its private endpoint",
    # Azure/azure-rest-api-specs#9222
    'Operation is not allowed. \r\nOperation: "purge" \r\nCaller: appid=a;oid=b': ("may not purge"),
    # azure-identity 1.27.0, of a virtual machine's endpoint
    "ManagedIdentityCredential authentication unavailable. No identity has been assigned to this "
    "resource.": "has no identity",
    "ManagedIdentityCredential authentication unavailable. The requested identity has not been "
    "assigned to this resource.": "The machine has no identity",
    "\tManagedIdentityCredential: ManagedIdentityCredential authentication unavailable.\nTo "
    "mitigate this issue": "IDENTITY_ENDPOINT is not set",
    "\tAzureCliCredential: Azure CLI not found on path": "no Azure CLI on the PATH",
    "EnvironmentCredential authentication unavailable. Environment variables are not fully "
    "configured.": "looks for a client secret",
    # learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
    '{"error":"bad_request_102","error_description":"Required metadata header not specified"}': (
        "protects against forged requests"
    ),
    # users' reports of its IP filter
    "Ip has been prevented to connect to the endpoint. TrackingId:a, SystemTracker:ns": "network",
    # Azure/azure-sdk-for-python, azure-servicebus, _pyamqp/cbs.py
    "CBS Authentication Expired.": "was not renewed in time",
    # azure-servicebus 7.15, of a token for a queue that does not exist
    "Service Bus has encountered an error. Error condition: amqp:client-error.": "no entity of",
    "CBS Token authentication failed.\nStatus code: 404\nDescription: The messaging entity "
    "'sb://ns.servicebus.windows.net/q' could not be found.": "no entity of that name",
    # Azure/go-autorest#577, of App Service
    "Unable to load requested managed identity.": "named no identity",
    # Azure/azure-service-bus#462
    "SubCode=40100: Unauthorized : Unauthorized access for 'EnumerateRules' operation on endpoint "
    "'sb://ns.servicebus.windows.net/t'. Tracking Id: a": "not a data action",
    # learn.microsoft.com/azure/role-based-access-control/troubleshooting
    "(PrincipalNotFound) Principal 22220000222200002222000022220000 does not exist in the "
    "directory 72f9. Check that you have the correct principal ID.": "not exist in this tenant",
    # the same page
    "(RoleAssignmentExists) The role assignment already exists.": "is already assigned to the same",
    '{"code":"RoleAssignmentUpdateNotPermitted","message":"Tenant ID, application ID, principal '
    'ID, and scope are not allowed to be updated."}': "exists for another principal",
    "No more role assignments can be created (code: RoleAssignmentLimitExceeded)": (
        "the number of role assignments"
    ),
    # Azure/azure-powershell#15115
    "The vault name 'asdf' is already in use. Vault names are globaly unique so it is possible "
    "that the name is already taken.": "keeps its name while it can be recovered",
    # Azure/container-apps-deploy-action#85
    "ERROR: (InvalidParameterValueInContainerTemplate) The following field(s) are either invalid "
    "or missing. Field 'template.containers.a.image' is invalid with details: 'Invalid value: "
    '"cr.azurecr.io/a:b": GET https:?scope=repository%3Aa%3Apull&service=cr.azurecr.io: '
    "UNAUTHORIZED: authentication required, visit https://aka.ms/acr/authorization for more "
    "information.';.": "has no AcrPull",
    # microsoft/azure-container-apps#816
    'Persistent Image Pull Errors for image "cr.azurecr.io/a:18808"': "has no AcrPull",
    # microsoft/azure-container-apps#1226
    "The subscription 'b493' cannot have more than 10 Container App Environments. For more "
    "information, visit: https://go.microsoft.com/fwlink/?linkid=2208872 (Code: "
    "MaxNumberOfGlobalEnvironmentsInSubExceeded)": "the number of Container Apps environments",
    # Azure/azure-service-bus#683
    "The maximum entity size has been reached or exceeded for Queue: 'ns:q:a'. Size of entity in "
    "bytes:5368728747, Max entity size in bytes: 5368709120. QuotaType: EntitySize Reference:8575 "
    "(QuotaExceeded).": "is full",
    # Azure/azure-sdk-for-net#18363
    "Microsoft.Azure.ServiceBus.QuotaExceededException: Cannot allocate more handles. The maximum "
    "number of handles is 4999.": "too many links",
    # learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
    "The specified container does not exist.\nErrorCode:ContainerNotFound": "no container of that",
    # Python's ssl and urllib3, Node's, curl's: what each says
    "urllib3.exceptions.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
    "self-signed certificate in certificate chain (_ssl.c:1006)": "does not trust the authority",
    "Error: unable to get local issuer certificate\n code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'": (
        "does not trust the authority"
    ),
    "Failed to resolve 'a.blob.core.windows.net' ([Errno -2] Name or service not known)": (
        "does not resolve"
    ),
    "getaddrinfo ENOTFOUND ns.servicebus.windows.net": "does not resolve",
    "curl: (56) CONNECT tunnel failed, response 403": "only the hosts of the deployment",
    "HTTPConnectionPool(host='127.0.0.1', port=9): Max retries exceeded with url: /msi/token?"
    "api-version=2019-08-01 (Caused by NewConnectionError('[Errno 111] Connection refused'))": (
        "Nothing listens at the identity endpoint"
    ),
    "405 Client Error: Method Not Allowed for url: http://127.0.0.1:9/msi/token": "answers GET",
    "connect ECONNREFUSED 127.0.0.1:8080": "Nothing listens there",
    # microsoft/ApplicationInsights-dotnet, AuthenticationTransmissionPolicy.cs
    "Forbidden - provided credentials do not grant the access to ingest the telemetry into the "
    "component": "may not publish telemetry",
}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:30])
def test_what_azure_answers_is_read(text: str) -> None:
    found = explain(text)
    assert found is not None
    assert TEXTS[text] in found.means
    assert found.do


@pytest.mark.parametrize(
    "text", ["", "It does not work.", "403 Forbidden", "Action: 'x' Resource: 'y'", "ü" * 9]
)
def test_what_is_not_known_is_not_guessed(text: str) -> None:
    assert explain(text) is None


def test_a_topics_subscription_is_named_by_its_resource_id_as_far_as_the_text_tells() -> None:
    text = next(each for each in TEXTS if "RenewToken" in each)
    found = explain(text)
    assert found is not None
    assert found.scope == (
        "/subscriptions/<subscription>/resourceGroups/<group>"
        "/providers/Microsoft.ServiceBus/namespaces/ns/topics/t/subscriptions/s"
    )


VAULT = (
    "Caller is not authorized to perform action on resource.\r\nCaller: "
    "appid=04b0;oid=0b7e;iss=https://sts.windows.net/7e4a/\r\n"
    "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n"
    "Resource: '/subscriptions/1/resourcegroups/g/providers/microsoft.keyvault/vaults/kv/secrets/s'"
)
SEND = (
    "Unauthorized access. 'Send' claim(s) are required to perform this operation. "
    "Resource: 'sb://ns.servicebus.windows.net/q'."
)
MANGLINGS: dict[str, Callable[[str], str]] = {
    "lines ended in letters": lambda text: text.replace("\r\n", "\\r\\n"),
    "twice": lambda text: text.replace("\r\n", "\\\\r\\\\n").replace("'", "\\\\u0027"),
    "no line ends": lambda text: text.replace("\r\n", ""),
    "a narrow terminal": lambda text: "\n".join(
        text[start : start + 37] for start in range(0, len(text), 37)
    ),
    "words wrapped and indented": lambda text: text.replace(" ", "\n      "),
    "HTML": lambda text: text.replace("'", "&#39;"),
    "a repr": lambda text: repr(text + '"'),
    "a chat": lambda text: text.replace(" '", " \u2018").replace("'", "\u2019"),
}


@pytest.mark.parametrize("mangling", MANGLINGS)
@pytest.mark.parametrize("text", [VAULT, SEND], ids=["vault", "bus"])
def test_what_happens_to_a_text_on_its_way_takes_nothing_from_it(text: str, mangling: str) -> None:
    assert explain(MANGLINGS[mangling](text)) == explain(text) is not None


def test_a_text_that_is_cut_off_says_what_is_missing() -> None:
    found = explain(VAULT.partition("Action")[0])
    assert found is not None
    assert "Caller, Action and Resource" in found.silent


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("q/$deadletterqueue", "/queues/q"),
        ("t/subscriptions/s/$management", "/topics/t/subscriptions/s"),
        ("orders/new", "/queues/orders/new"),
        ("$management", "/namespaces/ns"),
    ],
)
def test_what_belongs_to_an_entity_has_its_scope(path: str, end: str) -> None:
    text = SEND.replace("Send", "Listen").replace("net/q'", f"net/{path}'")
    found = explain(text)
    assert found is not None
    assert found.scope.endswith(end)


def test_a_user_of_resource_manager_is_granted_a_role_as_a_user() -> None:
    text = (
        "The client 'live.com#me@example.org' with object id '0b7e' does not have authorization "
        "to perform action 'Microsoft.KeyVault/vaults/read' over scope '/subscriptions/1'"
    )
    found = explain(text)
    assert found is not None
    assert "--assignee-principal-type User" in found.do[0]


def test_becoming_an_administrator_of_access_is_never_advised() -> None:
    text = (
        "The client 'a' with object id '0b7e' does not have authorization to perform action "
        "'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/1'"
    )
    found = explain(text)
    assert found is not None
    assert not any("az role assignment create" in each for each in found.do)


def test_a_text_puts_nothing_into_a_command_but_a_scope() -> None:
    found = explain(VAULT.replace("/secrets/s", "/secrets/s$(touch here);x"))
    assert found is not None
    words = shlex.split(found.do[0])
    assert words[words.index("--scope") + 1].endswith("/secrets/s$(touchhere);x")


def test_the_command_names_what_it_makes_as_a_deployment_does_whatever_the_letters() -> None:
    found = explain(VAULT)
    assert found is not None
    words = shlex.split(found.do[0])
    scope = "/subscriptions/1/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv/secrets/s"
    assert words[words.index("--scope") + 1] == scope
    role = "4633458b-17de-408a-b874-0445c86b69e6"
    name = assignment_name(role, scope, found.principal)
    assert words[words.index("--name") + 1] == name


def test_without_a_caller_in_the_text_the_deployment_is_advised() -> None:
    found = explain(next(each for each in TEXTS if "SubscriptionRuleRead" in each))
    assert found is not None
    assert "--name" not in " ".join(found.do)
    assert any("RoleAssignmentExists" in each for each in found.do)


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [("\\ud83d\\ude00", "\U0001f600"), ("\\ud83d", "\ufffd"), ("\ud83d", "\ufffd")],
)
def test_letters_that_json_writes_in_two_halves_are_whole_and_half_ones_can_be_printed(
    escaped: str, plain: str
) -> None:
    code = "<Code>InvalidAuthenticationInfo</Code>"
    found = explain(f"{code}<AuthenticationErrorDetail>odd {escaped}</AuthenticationErrorDetail>")
    assert found is not None
    assert any(f"odd {plain}" in each for each in (found.means, found.silent, *found.do))


def test_ends_of_line_in_letters_are_read_as_such() -> None:
    text = (
        "Caller is not authorized to perform action on resource.\\r\\nCaller: "
        "name=App;appid=a;oid=b;iss=c\\r\\nAction: 'Microsoft.KeyVault/vaults/secrets/setSecret/"
        "action'\\r\\nResource: '/subscriptions/1/vaults/kv/secrets/s'\\r\\n"
    )
    found = explain(text)
    assert found is not None
    assert (found.principal, found.client) == ("b", "a")
    assert found.roles[0] == "Key Vault Secrets Officer"


@dataclass(frozen=True)
class Command:
    """An advised command of the Azure CLI."""

    line: str

    def __str__(self) -> str:
        return self.line[:40]


def commands_in(readings: Iterator[Explanation]) -> Iterator[Command]:
    """Each stands at the end of its line, so that it can be copied from there."""
    for line in dict.fromkeys(line for found in readings for line in found.do):
        _, begin, rest = line.partition("az ")
        if begin and " --" in rest:
            yield Command(begin + rest)


EXPLANATIONS = [found for text in (*TEXTS, VAULT, SEND) if (found := explain(text))]
COMMANDS = [*commands_in(iter(EXPLANATIONS))]


def test_advice_includes_commands() -> None:
    assert {each.line.split(" --")[0] for each in COMMANDS} >= {
        "az role assignment create",
        "az storage account show",
        "az servicebus namespace list",
    }


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_the_azure_cli_accepts_each_advised_command(command: Command, tmp_path: Path) -> None:
    """The Azure CLI parses the whole line before it checks the sign-in; here there is none."""
    cli = Cli(real_az(), at_home(tmp_path, {"AZURE_CONFIG_DIR": str(tmp_path)}))
    done = cli.run(*shlex.split(command.line)[1:])
    assert "Please run 'az login' to setup account" in done.stderr


@pytest.mark.parametrize(
    ("detail", "means"),
    [
        ("The MAC signature found in the HTTP request 'AA=' is not the same as any", "with a key"),
        ("Request date header too old: 'Mon, 16 Dec 2019 22:00:09 GMT'", "15 minutes ago"),
    ],
)
def test_a_request_signed_with_a_wrong_key_or_too_early_is_told_apart(
    detail: str, means: str
) -> None:
    """Azure/azure-storage-python issue 254 has the first text in full."""
    found = explain(
        "<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the"
        " request. Make sure the value of Authorization header is formed correctly including the"
        f" signature.</Message><AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail>"
    )
    assert found is not None
    assert means in found.means
