"""What each service's process is given: the deployment's variables, and what an operator adds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.deployment import ContainerApp
from sandbox.state import State

_LOOPBACK = "127.0.0.1,localhost"

DEVELOPER = "developer"

# What makes a process act as a managed identity, and must be gone where it acts as a person.
OF_AN_IDENTITY = frozenset({"AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"})


@dataclass(frozen=True)
class Surroundings:
    """Where a service finds the sandbox. All of it could be added to any process by an operator."""

    identity_endpoint: str
    proxy: str
    ca: Path

    def variables(self, app: ContainerApp, identity_header: str) -> Mapping[str, str]:
        """The environment of `app`, as the deployment and the sandbox define it."""
        return {**app.environment, **self.added(identity_header)}

    def added(self, identity_header: str) -> Mapping[str, str]:
        """What an operator adds."""
        return {
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": identity_header,
            **way_to(self.proxy, self.ca),
        }

    def as_developer(self, app: ContainerApp, state: State) -> Mapping[str, str]:
        """The environment of `app` where a developer runs it, under their own sign-in."""
        settings = {
            name: value for name, value in app.environment.items() if name not in OF_AN_IDENTITY
        }
        return {
            **settings,
            "AZURE_TOKEN_CREDENTIALS": "dev",
            **way_to(self.proxy, self.ca),
            **sign_in_apart(state),
        }


def way_to(proxy: str, ca: Path) -> Mapping[str, str]:
    """What leads a process to the sandbox instead of Azure, and makes it believe what it finds."""
    return {
        "HTTPS_PROXY": proxy,
        "NO_PROXY": _LOOPBACK,
        "REQUESTS_CA_BUNDLE": str(ca),
        "SSL_CERT_FILE": str(ca),
    }


def sign_in_apart(state: State, who: str = DEVELOPER) -> Mapping[str, str]:
    """What keeps a sign-in to the sandbox apart from the user's own, both ways.

    Each person has folders of their own. The Azure CLI's telemetry and its questions after a
    sign-in are for real accounts.
    """
    whose = "" if who == DEVELOPER else f"-{who}"
    return {
        "AZURE_CONFIG_DIR": str(state.folder(f"azure-cli{whose}")),
        "AZD_CONFIG_DIR": str(state.folder(f"azd{whose}")),
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
        "AZURE_CORE_LOGIN_EXPERIENCE_V2": "false",
        "AZURE_CORE_SURVEY_MESSAGE": "false",
    }


def of_any_process(home: Path) -> Mapping[str, str]:
    """What a process needs to run at all, and nothing of the user's own settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
