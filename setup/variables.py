"""The user's variables that reach the programs of the set-up.

The user decides where packages come from: an index, a proxy, a certificate. Where they go and which
they are is fixed: variables for that belong to the user's own projects.
"""

import os
import re
from collections.abc import Mapping

from setup import room
from setup.paths import HOME, VENV

# Variables that change Python's behaviour, or that name other projects' environments.
_ELSEWHERE = re.compile(
    r"PYTHON(HOME|PATH|PLATLIBDIR|EXECUTABLE|USERBASE|STARTUP|INSPECT|OPTIMIZE|WARNINGS|CASEOK"
    r"|DONTWRITEBYTECODE)"
    r"|__PYVENV_LAUNCHER__|VIRTUAL_ENV|CONDA_PREFIX"
)
_OF_A_TOOL = re.compile(r"(?P<tool>PIP|UV|NPM_CONFIG)_(?P<setting>.+)", re.IGNORECASE)
_SOURCES = {
    "PIP": r"(EXTRA_)?INDEX_URL|NO_INDEX|FIND_LINKS|PROXY|(CLIENT_)?CERT|TRUSTED_HOST"
    r"|CONFIG_FILE|(NO_)?CACHE_DIR|(DEFAULT_)?TIMEOUT|RETRIES|KEYRING_PROVIDER|USE_\w+",
    "UV": r"(DEFAULT_|EXTRA_)?INDEX\w*|NO_INDEX|FIND_LINKS|OFFLINE|NATIVE_TLS|SYSTEM_CERTS"
    r"|INSECURE_HOST|KEYRING_PROVIDER|CONFIG_FILE|(NO_)?CACHE(_DIR)?|HTTP_\w+|CONCURRENT_\w+"
    r"|LINK_MODE|AUTH\w*|CREDENTIALS_DIR",
    "NPM_CONFIG": r".*registry.*|//.*|_auth.*|.*proxy|cafile|ca|cert|key|strict_ssl|cache"
    r"|userconfig|globalconfig|offline|prefer_offline|fetch_\w+|maxsockets|local_address",
}
_PROXIES = re.compile(r"(HTTP|HTTPS|ALL|NO)_PROXY", re.IGNORECASE)
_ADDRESS = re.compile(r"index|find_links|registry|proxy|offline|config", re.IGNORECASE)


def of_a_step(given: Mapping[str, str]) -> dict[str, str]:
    """Return a step's variables; the environment's own programs come first."""
    kept = {name: value for name, value in given.items() if _is_kept(name)}
    programs = VENV / "bin"
    return {**kept, "PATH": f"{programs}{os.pathsep}{kept.get('PATH', os.defpath)}"}


def of_a_trial(given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a test of Node.js: the sandbox's, without NODE_OPTIONS."""
    return {name: value for name, value in of_a_step(given).items() if name != "NODE_OPTIONS"}


def of_the_command_line(given: Mapping[str, str], node: str) -> dict[str, str]:
    """Return the variables of the command line, with this folder's path and `node`.

    `./keyless as` gives the user's own PYTHONPATH back to the program that it runs.
    """
    kept = {name: value for name, value in given.items() if not _ELSEWHERE.fullmatch(name)}
    own = {"KEYLESS_PYTHONPATH": given["PYTHONPATH"]} if given.get("PYTHONPATH") else {}
    return {**room.compiler(given), **kept, **own, "PYTHONPATH": str(HOME), "KEYLESS_NODE": node}


def addresses(given: Mapping[str, str], tool: str) -> list[str]:
    """Return the names of the variables that set an index or a proxy of `tool`: pip, uv or npm."""
    return sorted(name for name, value in given.items() if value and _is_address(name, tool))


def _is_address(name: str, tool: str) -> bool:
    if _PROXIES.fullmatch(name):
        return True
    found = _OF_A_TOOL.fullmatch(name)
    if found is None or not found["tool"].lower().startswith(tool):
        return False
    return _ADDRESS.search(found["setting"]) is not None


def _is_kept(name: str) -> bool:
    found = _OF_A_TOOL.fullmatch(name)
    if found is None:
        return not _ELSEWHERE.fullmatch(name)
    source = _SOURCES[found["tool"].upper()]
    return re.fullmatch(source, found["setting"].replace("-", "_"), re.IGNORECASE) is not None
