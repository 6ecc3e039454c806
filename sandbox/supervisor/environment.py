"""The environment variables of processes: the deployment's settings, and the way to the sandbox."""

import os
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.broken_files import BrokenFileError
from sandbox.deployment import ContainerApp
from sandbox.handover import PYTHONPATH
from sandbox.startup import FILE, VARIABLE
from sandbox.state import State

HEADERS_FILE = "identity-headers.json"
_LOOPBACK = "127.0.0.1,localhost"

DEVELOPER = "developer"

# The variables of a managed identity, which must be unset for a process that acts as a user.
IDENTITY_VARIABLES = frozenset({"AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"})


@dataclass(frozen=True)
class ServiceEnvironment:
    """The sandbox's addresses for services, as variables that any operator could add."""

    identity_endpoint: str
    proxy: str
    ca: Path

    def variables(self, app: ContainerApp, identity_header: str) -> Mapping[str, str]:
        """Return the environment of `app`: its settings, and the sandbox's variables."""
        return {**app.environment, **self.added(identity_header)}

    def added(self, identity_header: str) -> Mapping[str, str]:
        """Return the variables that the sandbox adds to an app's settings."""
        return {
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": identity_header,
            **sandbox_variables(self.proxy, self.ca),
        }

    def by_name(self, identity_header: str, trust: Path) -> Mapping[str, str]:
        """Return the variables of an app in whose network Azure's names lead to the sandbox.

        `trust` is a file with the usual authorities and the sandbox's. Python's start-up file is
        beside it, for packages that trust certifi alone.
        """
        return {
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": identity_header,
            "CURL_CA_BUNDLE": str(trust),
            "REQUESTS_CA_BUNDLE": str(trust),
            "SSL_CERT_FILE": str(trust),
            "NODE_EXTRA_CA_CERTS": str(self.ca),
            PYTHONPATH: str(trust.parent),
            VARIABLE: str(trust.with_name(FILE)),
        }

    def as_developer(self, app: ContainerApp, state: State) -> Mapping[str, str]:
        """Return the environment of `app` under the developer's own sign-in."""
        settings = {
            name: value for name, value in app.environment.items() if name not in IDENTITY_VARIABLES
        }
        return {
            **settings,
            "AZURE_TOKEN_CREDENTIALS": "dev",
            **sandbox_variables(self.proxy, self.ca),
            **separate_sign_in(state),
        }


def sandbox_variables(proxy: str, ca: Path) -> Mapping[str, str]:
    """Return the variables that send a process to the sandbox and make it trust its CA."""
    return {
        "HTTPS_PROXY": proxy,
        "NO_PROXY": _LOOPBACK,
        "REQUESTS_CA_BUNDLE": str(ca),
        "SSL_CERT_FILE": str(ca),
    }


def separate_sign_in(state: State, who: str = DEVELOPER) -> Mapping[str, str]:
    """Return the variables that separate sign-ins to the sandbox from the user's own.

    Each user of the deployment has separate folders. The Azure CLI's telemetry and its prompts
    after a sign-in are off, since they are for real accounts.
    """
    whose = "" if who == DEVELOPER else f"-{who}"
    return {
        "AZURE_CONFIG_DIR": str(state.folder(f"azure-cli{whose}")),
        "AZD_CONFIG_DIR": str(state.folder(f"azd{whose}")),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "false",
        "AZURE_CORE_SURVEY_MESSAGE": "false",
    }


def minimal_environment(home: Path) -> Mapping[str, str]:
    """Return the variables that every process needs, without the user's own settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }


def new_headers(apps: Iterable[str]) -> dict[str, str]:
    """Return new identity headers, in no state."""
    return {app: secrets.token_hex(16) for app in apps}


def kept_headers(state: State, apps: Collection[str]) -> Mapping[str, str]:
    """Return the identity headers in `state`, new ones for new apps: shells outlive a run.

    Raises ValueError if their file is broken.
    """
    kept = state.read_json(HEADERS_FILE) or {}
    try:
        headers = new_headers(apps) | {app: kept[app] for app in apps if app in kept}
    except TypeError as error:
        raise BrokenFileError(state.path(HEADERS_FILE), "it holds no headers by name") from error
    if headers != kept:
        state.write_json(HEADERS_FILE, headers)
    return headers
