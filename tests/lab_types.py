"""The types of each lab's check.py: `python -m tests.lab_types`.

A lab's folder has a name that Python cannot import, and each check has the same name, so mypy sees
copies under names of their own.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.state import PROJECT

_MYPY = Path(sys.executable).with_name("mypy")


def main() -> int:
    """Print the errors of mypy; return its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for each in sorted(PROJECT.glob("labs/*/check.py")):
            copy = Path(folder) / f"lab_{each.parent.name.replace('-', '_')}.py"
            copy.write_text(each.read_text("utf-8"), "utf-8")
            copies.append(str(copy))
        done = subprocess.run([_MYPY, "--no-error-summary", *copies], cwd=PROJECT, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
