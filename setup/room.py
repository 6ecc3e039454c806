"""The packages of a room without internet: `./keyless lab pack` puts them into this folder.

The set-up then installs from there, and needs neither a registry nor a compiler.
"""

import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping

from setup.paths import HOME

ROOM = HOME / "room"
WHEELS = ROOM / "wheels"
BICEP = ROOM / "bin" / "bicep"
# The machine that the packages are for.
MACHINE = ROOM / "machine.json"
# pip and uv both read these variables.
_OFFLINE = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}


def this_machine() -> dict[str, str]:
    """Return the Python and the platform that compiled packages are for."""
    return {
        "program": f"python{sys.version_info[0]}.{sys.version_info[1]}",
        "python": sys.implementation.cache_tag or "",
        "platform": sysconfig.get_platform(),
    }


def complaint() -> str:
    """Return why the room's packages do not fit this Python; empty if they do, or are not here."""
    try:
        wanted = json.loads(MACHINE.read_text("utf-8"))
    except FileNotFoundError:
        return ""
    here = this_machine()
    if wanted == here:
        return ""
    return (
        f"the packages in {ROOM} are for {_in_words(wanted)}, and this is {_in_words(here)}:"
        f" run {wanted.get('program')} -I setup lab ready where that is installed, pack the room on"
        f" a machine like this one, or delete {ROOM} to install from the registries"
    )


def sources() -> dict[str, str]:
    """Return the variables that make pip and uv install from the room; empty without one."""
    if not WHEELS.is_dir():
        return {}
    return {**_OFFLINE, "PIP_FIND_LINKS": str(WHEELS), "UV_FIND_LINKS": str(WHEELS)}


def compiler(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that names the room's Bicep CLI, if this machine has none of its own."""
    if not BICEP.is_file() or shutil.which("bicep", path=given.get("PATH", os.defpath)):
        return {}
    return {"BICEP": str(BICEP)}


def _in_words(machine: dict[str, str]) -> str:
    return f"{machine.get('python')} on {machine.get('platform')}"
