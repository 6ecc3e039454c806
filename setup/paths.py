"""The paths of the set-up: `.venv`, and Azurite's packages beside its lock file."""

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent

# A link is followed: the environment is created at its target.
VENV = (HOME / ".venv").resolve()
PYTHON = VENV / "bin" / "python"
# The set-up's own folder in the environment, deleted with it.
OWN_FOLDER = VENV / "keyless"
LOG = OWN_FOLDER / "set-up.log"
# Exists if the set-up created the environment and may clear it.
OWNED_MARK = OWN_FOLDER / "ours"

AZURITE = HOME / "sandbox" / "storage" / "azurite"
AZURITE_LOCK = AZURITE / "package-lock.json"
MODULES = AZURITE / "node_modules"
# npm's record of installed packages, in the form of a lock file.
INSTALLED = MODULES / ".package-lock.json"
MAIN = MODULES / "azurite" / "dist" / "src" / "blob" / "main.js"

# For the running Python: the environment's own, or its base.
PACKAGES = VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def lock(name: str) -> Path:
    """Return the lock file of a set of Python packages: `run`, `dev` or `node`."""
    return HOME / "requirements" / f"{name}.txt"
