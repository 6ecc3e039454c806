"""The versions of Keyless, the Azure CLI and azd."""

import re
import subprocess

from infra import azure_cli
from local.report import safe_text
from local.report.safe_text import SafeText
from sandbox.state import PROJECT


def keyless() -> SafeText:
    """Return the version in pyproject.toml."""
    found = re.search(
        r'^version = "(.*)"$', (PROJECT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    return safe_text.version(found[1] if found else "")


def azure_cli_version() -> SafeText:
    """Return the version of the Azure CLI on the PATH."""
    try:
        found = azure_cli.ask("version")
    except (azure_cli.AzureCliError, ValueError):
        return safe_text.version("")
    return safe_text.version(found.get("azure-cli") if isinstance(found, dict) else "")


def azd() -> SafeText:
    """Return the version of azd on the PATH."""
    try:
        done = subprocess.run(
            ["azd", "version"], capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError:
        return safe_text.version("")
    found = re.search(r"azd version (\d+\.\d+\.\d+)", done.stdout)
    return safe_text.version(found[1] if found else "")
