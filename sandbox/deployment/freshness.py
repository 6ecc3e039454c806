"""The freshness of the snapshot, and the digest that identifies a deployment.

Files are compared by content: a checkout sets all modification times.
"""

import hashlib
import subprocess
from pathlib import Path

from sandbox.deployment.registration import REGISTRATION
from sandbox.deployment.snapshot import SNAPSHOT


def edited_since(snapshot: Path = SNAPSHOT) -> tuple[str, ...]:
    """Return the names of the Bicep files that were edited since the snapshot was compiled.

    Returns none if that is unknown, as in an image without the Bicep.
    """
    try:
        then = _by_name(snapshot.with_suffix(".sources").read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    names = [name for name in then if (snapshot.parent / name).is_file()]
    # As infra/bicep/snapshot writes them.
    command = ["cksum", *names]
    try:
        done = subprocess.run(
            command, cwd=snapshot.parent, capture_output=True, encoding="utf-8", check=True
        )
        now = _by_name(done.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return ()
    return tuple(name for name in names if now.get(name) != then[name])


def digest(snapshot: Path = SNAPSHOT, registration: Path = REGISTRATION) -> str:
    """Return a digest that identifies the deployment; empty if it cannot be read."""
    found = hashlib.sha256()
    try:
        found.update(snapshot.read_bytes())
        if registration.exists():  # a deployment without an API of its own has none
            found.update(registration.read_bytes())
    except OSError:
        return ""
    return found.hexdigest()


def _by_name(text: str) -> dict[str, str]:
    """Parse the output of cksum. Raises ValueError."""
    found = {}
    for line in text.splitlines():
        checksum, size, name = line.split(" ", 2)
        found[name] = f"{checksum} {size}"
    return found
