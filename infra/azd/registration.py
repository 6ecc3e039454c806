"""The catalog's registration with Entra: before and after a deployment, and at its removal."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.azd.choices import OFF, audience_of
from infra.azd.tools import Stop, remember

REGISTER = Path(__file__).parent.parent / "entra" / "register.py"
_CURE = (
    "To deploy without it, so that only the internal ingress protects the catalog: "
    "azd env set CATALOG_AUDIENCE none"
)


def register_application(env: Mapping[str, str] = os.environ) -> None:
    """Create or update the registration, and store its application id in the azd environment.

    Raises Stop, with advice for users without the right to register applications.
    """
    audience = env.get("CATALOG_AUDIENCE", "")
    if audience == OFF:
        return
    found = _register("application")
    if not found:
        raise Stop(f"The catalog could not be registered with Entra. {_CURE}")
    if found != audience:
        remember("CATALOG_AUDIENCE", found)


def grant_app_role(env: Mapping[str, str] = os.environ) -> None:
    """Assign the app role to its holders. Raises Stop.

    This must happen before the gateway's image runs: an earlier token has no role and is cached for
    a day.
    """
    if env.get("CATALOG_AUDIENCE") != OFF and _register("holders") is None:
        raise Stop(f"The gateway was not given its role at the catalog. {_CURE}")


def remove_registration(env: Mapping[str, str] = os.environ) -> None:
    """Delete the registration; print a message if that fails, since the rest is deleted already."""
    if audience_of(env) != OFF and _register("remove") is None:
        print("  delete the catalog's registration by hand: Entra admin center, App registrations")


def _register(step: str) -> str | None:
    """Return register.py's output; None if it failed, after it has printed why."""
    done = subprocess.run(
        [sys.executable, str(REGISTER), step], stdout=subprocess.PIPE, text=True, check=False
    )
    return None if done.returncode else done.stdout.strip()
