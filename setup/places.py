"""Where the set-up puts things: `.venv`, and the packages of Azurite beside its lock file."""

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent

# A link is followed, so that what is made there is made where it leads.
VENV = (HOME / ".venv").resolve()
PYTHON = VENV / "bin" / "python"
# One more than Python puts there: what the set-up itself keeps. To delete .venv is to forget it.
KEPT = VENV / "keyless"
LOG = KEPT / "set-up.log"
# There where the set-up has made the environment, and may clear it.
OURS = KEPT / "ours"

AZURITE = HOME / "sandbox" / "storage" / "azurite"
AZURITE_LOCK = AZURITE / "package-lock.json"
MODULES = AZURITE / "node_modules"
# What npm has installed, in the form of a lock file.
INSTALLED = MODULES / ".package-lock.json"
MAIN = MODULES / "azurite" / "dist" / "src" / "blob" / "main.js"

# By the Python that runs: the environment's own, or the one that the environment is made of.
PACKAGES = VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def lock(name: str) -> Path:
    """The lock file of one set of Python packages: `run`, `dev` or `node`."""
    return HOME / "requirements" / f"{name}.txt"
