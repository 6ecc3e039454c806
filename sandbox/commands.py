"""The commands, addresses and signals by which a user controls the sandbox.

In a container, docker-compose.yml sets the command and the address for the host.
"""

import os
import signal
import sys
from pathlib import Path

# pip leaves its record of the package beside it; a checkout has none.
INSTALLED = any(Path(__file__).resolve().parents[1].glob("keyless_sandbox-*.dist-info"))

# The first words of a command line: `./keyless status`.
KEYLESS = os.environ.get("KEYLESS_COMMAND") or "./keyless"
# The commands that restart this sandbox.
RESTART = os.environ.get("KEYLESS_RESTART") or "./keyless down, then ./keyless up"
# Set only in a container: the address of its published port.
_PUBLISHED = os.environ.get("KEYLESS_GALLERY", "")

# The signals by which a user ends a sandbox.
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

IN_CONTAINER = bool(_PUBLISHED)

# The address that every port of the sandbox is on, outside a container.
LOOPBACK = "127.0.0.1"


def published(gallery: str) -> str:
    """Return the address of `gallery` for a browser, which may be outside the container."""
    return _PUBLISHED or gallery


def cure() -> str:
    """Return the remedy for every broken installation."""
    if INSTALLED:
        return "install the package keyless-sandbox again, with pip's --force-reinstall"
    return f"delete {sys.prefix} and run ./keyless again"
