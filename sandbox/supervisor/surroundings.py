"""What each service's process is given: the deployment's variables, and what an operator adds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.deployment import ContainerApp

_LOOPBACK = "127.0.0.1,localhost"


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
            "HTTPS_PROXY": self.proxy,
            "NO_PROXY": _LOOPBACK,
            "REQUESTS_CA_BUNDLE": str(self.ca),
            "SSL_CERT_FILE": str(self.ca),
        }


def of_any_process(home: Path) -> Mapping[str, str]:
    """What a process needs to run at all, and nothing of the user's own settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
