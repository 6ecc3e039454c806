"""Settings from the environment: complete and well-formed, or a message names the first error."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

# The values that DefaultAzureCredential knows; learn.microsoft.com/python/api/azure-identity
_CREDENTIALS = (
    "dev",
    "prod",
    "environmentcredential",
    "workloadidentitycredential",
    "managedidentitycredential",
    "visualstudiocodecredential",
    "azureclicredential",
    "azuredeveloperclicredential",
    "azurepowershellcredential",
    "interactivebrowsercredential",
)
_MANAGED = frozenset({"prod", "managedidentitycredential"})  # may be a managed identity
GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
HOST = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
ENTITY = r"[A-Za-z0-9$][A-Za-z0-9._/-]*"

Environment = Mapping[str, str]


class SettingError(ValueError):
    """A setting is missing or malformed; the message is one sentence that names it."""


def text(env: Environment, name: str, pattern: str, meaning: str) -> str:
    """Return a setting that matches `pattern` as a whole; raises SettingError."""
    value = env.get(name, "").strip()
    if not value:
        raise SettingError(f"{name} is missing: it should be {meaning}.")
    if not re.fullmatch(pattern, value):
        raise SettingError(f"{name} is malformed: it should be {meaning}.")
    return value


def credential(env: Environment) -> str:
    """Return which credential AZURE_TOKEN_CREDENTIALS chooses; raises SettingError."""
    meaning = "a credential's name, ManagedIdentityCredential on Azure"
    return text(env, "AZURE_TOKEN_CREDENTIALS", f"(?i:{'|'.join(_CREDENTIALS)})", meaning)


def client_id(env: Environment) -> str | None:
    """Return the client id of the service's user-assigned identity; raises SettingError.

    None where AZURE_TOKEN_CREDENTIALS chooses another credential, such as a developer's own.
    """
    if credential(env).lower() not in _MANAGED:
        return None
    return text(env, "AZURE_CLIENT_ID", GUID, "the client id (a GUID) of the service's identity")


def host(env: Environment, name: str) -> str:
    """Return a fully qualified host name; raises SettingError."""
    return text(env, name, HOST, "a host name such as example.servicebus.windows.net")


def hosts(env: Environment, name: str) -> tuple[str, ...]:
    """Return host names, separated by commas; none without a setting. Raises SettingError."""
    if not env.get(name, "").strip():
        return ()
    meaning = "host names such as gallery.example.com, with commas between them"
    value = text(env, name, rf"{HOST}(\s*,\s*{HOST})*", meaning)
    return tuple(each.strip().lower() for each in value.split(","))


def entity(env: Environment, name: str) -> str:
    """Return the name of a container, queue, topic, subscription or secret; raises SettingError."""
    return text(env, name, ENTITY, "the name of an entity")


def tenant_id(env: Environment) -> str:
    """Return the id of the Entra tenant whose tokens are accepted; raises SettingError."""
    return text(env, "AZURE_TENANT_ID", GUID, "the id (a GUID) of the Entra tenant").lower()


def audience(env: Environment, name: str) -> str | None:
    """Return the audience of tokens, None for the word none: no tokens. Raises SettingError."""
    meaning = "the application id (a GUID) that its tokens are for, or the word none"
    value = text(env, name, f"{GUID}|none", meaning)
    return None if value == "none" else value.lower()


def endpoint(env: Environment, name: str, *, plain_inside: bool = False) -> str:
    """Return the https address of a host, without path; raises SettingError.

    With `plain_inside`, http is accepted for a loopback address or a single label: such a name
    cannot leave the machine or its network.
    """
    meaning = "an address such as https://example.blob.core.windows.net"
    value = url(env, name, meaning, plain_inside=plain_inside).rstrip("/")
    if urlsplit(value).path:
        raise SettingError(f"{name} is malformed: it should be {meaning}.")
    return value


def url(env: Environment, name: str, meaning: str, *, plain_inside: bool = False) -> str:
    """Return an https address without user, query or fragment; raises SettingError."""
    value = text(env, name, r"https?://[!-~]+", meaning)
    try:
        parts = urlsplit(value)
        secure = parts.scheme == "https" or (plain_inside and _inside(parts.hostname or ""))
        whole = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        secure = whole = False
    if not (secure and whole) or any(sign in value for sign in "@?#"):
        raise SettingError(f"{name} is malformed: it should be {meaning}.")
    return value


def _inside(hostname: str) -> bool:
    try:
        return ip_address(hostname).is_loopback
    except ValueError:
        return "." not in hostname
