"""A start's order: Azurite first, since Node takes as long as all that Python has to import."""

import subprocess
import sys

# What the planes, the edge and the page are made with.
LATER = ("aiohttp", "cryptography", "jinja2", "proton", "sandbox.page", "sandbox.edge")
IMPORTED = f"""
import sys
import {{}}
print(*sys.modules.keys() & set({LATER}))
"""


def test_nothing_that_takes_long_is_imported_before_azurite_starts() -> None:
    for module in ("sandbox.supervisor.run", "cli.up"):
        program = [sys.executable, "-c", IMPORTED.format(module)]
        done = subprocess.run(program, capture_output=True, text=True, check=True)
        assert done.stdout.split() == [], module
