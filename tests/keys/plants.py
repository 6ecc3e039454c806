"""One of each kind of key, made up at run time, so that none ever stands in a file of ours."""

import base64
import json
import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Plant:
    """A key as people would give it a name. `kind` is its detector's name for it."""

    kind: str
    example: str
    name: str
    make: Callable[[], str]


def _word(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _base64(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode()


def _sas() -> str:
    address = "https://stphotos.blob.core.windows.net/originals/a.jpg?sv=2025-11-05&sr=b&sp=r"
    return f"{address}&sig={quote(_base64(32), safe='')}"


def _bus_token() -> str:
    return f"SharedAccessSignature sr=sb%3a%2f%2fphotos&sig={quote(_base64(32))}&se=1&skn=all"


def _jwt() -> str:
    parts = (json.dumps({"alg": "RS256", "kid": "1"}), json.dumps({"aud": "storage", "exp": 1}))
    encoded = [base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in parts]
    return ".".join([*encoded, secrets.token_urlsafe(256)])


PLANTS: Sequence[Plant] = (
    Plant("Storage account key", "a bare key", "planted_account", lambda: _base64(64)),
    Plant(
        "Azure Storage Account access key",
        "a connection string with `AccountKey`",
        "planted_storage",
        lambda: f"DefaultEndpointsProtocol=https;AccountName=photos;AccountKey={_base64(64)}",
    ),
    Plant("Shared access signature (SAS)", "of Blob Storage", "planted_address", _sas),
    Plant("Shared access signature (SAS)", "of Service Bus", "planted_token", _bus_token),
    Plant(
        "Service Bus connection string",
        "with `SharedAccessKey`",
        "planted_bus",
        lambda: f"Endpoint=sb://photos/;SharedAccessKeyName=all;SharedAccessKey={_base64(32)}",
    ),
    Plant(
        "Service Bus connection string",
        "a key by its name",
        "planted_SharedAccessKey",
        lambda: _base64(32),
    ),
    Plant(
        "Entra ID client secret",
        "by its shape",
        "planted_registration",
        lambda: f"{_word(3)}8Q~{_word(34)}",
    ),
    Plant("Secret Keyword", "a secret, by its name", "planted_CLIENT_SECRET", lambda: _word(40)),
    Plant("Secret Keyword", "a password, by its name", "planted_password", lambda: _word(12)),
    Plant(
        "Connection string with a password",
        "of a database",
        "planted_database",
        lambda: f"Server=photos;User=app;Password={_word(12)}",
    ),
    Plant(
        "Basic Auth Credentials",
        "a password in an address",
        "planted_proxy",
        lambda: f"https://app:{_word(12)}@example.com/",
    ),
    Plant("Token by its name", "an opaque token", "planted_refresh_token", lambda: f"{_word(40)}4"),
    Plant("JSON Web Token", "an access token", "planted_answer", _jwt),
    Plant("Bearer token", "an opaque one", "planted_header", lambda: f"Bearer {_word(40)}4"),
    Plant(
        "Credential made of a key",
        "by its class",
        "planted_class",
        lambda: f"{'AzureKey' + 'Credential'}({_word(32)})",
    ),
    Plant(
        "Private Key",
        "PEM",
        "planted_pem",
        lambda: f"-----BEGIN {'PRIVATE'} KEY----- {_base64(99)}",
    ),
    Plant(
        "Webhook signing key",
        "of Standard Webhooks",
        "planted_hook",
        lambda: f"whsec_{_base64(32)}",
    ),
    Plant("Identity header", "of Container Apps", "planted_IDENTITY_HEADER", lambda: _word(32)),
    Plant(
        "Application Insights connection string",
        "allowed in one place, and found in all",
        "planted_insights",
        lambda: f"InstrumentationKey={'-'.join(map(secrets.token_hex, (4, 2, 2, 2, 6)))}",
    ),
    Plant(
        "Call that returns keys",
        "`listKeys` and its kin",
        "planted_call",
        lambda: f"account{_word(3)}.{'list' + 'Keys'}().keys[0].value",
    ),
    Plant(
        "Call that returns keys",
        "of the Azure CLI",
        "planted_command",
        lambda: f"az storage account {'keys'} list --account-name {_word(9)}",
    ),
    Plant("GitHub Token", "and other products'", "planted_product", lambda: f"ghp_{_word(36)}"),
)
