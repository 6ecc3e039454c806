"""The versions of what deployed and what asks."""

import re
import subprocess

from infra import azure_cli
from local.report import words
from local.report.words import Known
from sandbox.state import PROJECT


def keyless() -> Known:
    """Return the version in pyproject.toml."""
    found = re.search(
        r'^version = "(.*)"$', (PROJECT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    return words.version(found[1] if found else "")


def azure_cli_version() -> Known:
    """Return the version of the Azure CLI on the PATH."""
    try:
        found = azure_cli.ask("version")
    except (azure_cli.AzureCliError, ValueError):
        return words.version("")
    return words.version(found.get("azure-cli") if isinstance(found, dict) else "")


def azd() -> Known:
    """Return the version of azd on the PATH."""
    try:
        done = subprocess.run(
            ["azd", "version"], capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError:
        return words.version("")
    found = re.search(r"azd version (\d+\.\d+\.\d+)", done.stdout)
    return words.version(found[1] if found else "")
