"""The commands and addresses by which a person reaches the sandbox from where they are.

If it runs in a container they are elsewhere: docker-compose.yml says how they reach it from there.
"""

import os
import sys

# What a command line begins with: `./keyless status`.
KEYLESS = os.environ.get("KEYLESS_COMMAND") or "./keyless"
# What ends this sandbox and starts it again.
RESTART = os.environ.get("KEYLESS_RESTART") or "./keyless down, then ./keyless up"
# What a container has and a clone has not: a port that the host reaches it by, and no other.
_PUBLISHED = os.environ.get("KEYLESS_GALLERY", "")

IN_CONTAINER = bool(_PUBLISHED)


def published(gallery: str) -> str:
    """Where a browser finds what this machine finds at `gallery`."""
    return _PUBLISHED or gallery


def cure() -> str:
    """Return the cure that mends every set-up."""
    return f"delete {sys.prefix} and run ./keyless again"
