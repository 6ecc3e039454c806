"""The lines of Bicep files that declare the resources of a plan."""

import re
from pathlib import Path
from typing import NamedTuple

_DECLARATION = re.compile(r"^[ \t]*(?:resource|module)[ \t]+(\w+)[ \t]+'([^']*)'", re.MULTILINE)
_COPY = re.compile(r"\[[^\]]*\]")


class Declaration(NamedTuple):
    """A declaration of a resource or a module: its file, its line, and the type or path in it."""

    file: Path
    line: int
    of: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def declaration(template: Path, resource: str) -> Declaration | None:
    """Return the declaration of a plan's resource, such as `application/access/onQueue[2]`.

    `template` is the Bicep file that the plan was made of. None if the files do not show it, as
    where a module comes from a registry.
    """
    *modules, symbol = _COPY.sub("", resource).split("/")
    file = template
    for module in modules:
        found = _in_file(file, module)
        if found is None:
            return None
        file = Path(file.parent, found.of)
    return _in_file(file, symbol.rpartition("::")[2])


def _in_file(file: Path, symbol: str) -> Declaration | None:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, ValueError):
        return None
    for found in _DECLARATION.finditer(text):
        if found[1] == symbol:
            return Declaration(file, text.count("\n", 0, found.start()) + 1, found[2])
    return None
