"""The folder that leads a user's own Python programs to the sandbox, by PYTHONPATH.

Nothing else may be in it: every module here is visible to those programs.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
STARTUP = FOLDER / "sitecustomize.py"
# The variable that names the file of names, and the file's name in the state.
VARIABLE = "KEYLESS_NAMES"
FILE = "names.json"

__all__ = ["FILE", "FOLDER", "STARTUP", "VARIABLE"]
