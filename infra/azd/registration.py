"""The catalog's registration with Entra, at the three moments of a deployment that concern it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.azd.choices import OFF, audience_of
from infra.azd.programs import Stop, remember

REGISTER = Path(__file__).parent.parent / "entra" / "register.py"
_CURE = (
    "To deploy without it, so that only the internal ingress protects the catalog: "
    "azd env set CATALOG_AUDIENCE none"
)


def register_application(env: Mapping[str, str] = os.environ) -> None:
    """Make or mend the registration, and put its application id into the azd environment.

    Raises Stop, with what to do where one may not register applications.
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
    """Give the app role to its holders. Raises Stop.

    Before the gateway's image runs: a token from before has no role, and is cached for a day.
    """
    if env.get("CATALOG_AUDIENCE") != OFF and _register("holders") is None:
        raise Stop(f"The gateway was not given its role at the catalog. {_CURE}")


def remove_registration(env: Mapping[str, str] = os.environ) -> None:
    """Delete the registration; say so where that is refused, since the rest has gone already."""
    if audience_of(env) != OFF and _register("remove") is None:
        print("  the catalog's registration stays: Entra admin center, App registrations")


def _register(step: str) -> str | None:
    """What register.py prints; None where it fails, having said why itself."""
    done = subprocess.run(
        [sys.executable, str(REGISTER), step], stdout=subprocess.PIPE, text=True, check=False
    )
    return None if done.returncode else done.stdout.strip()
