"""The reason of a crash, from the end of the program's log."""

import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress

from sandbox.commands import cure

_LONGEST = 300
_LATEST = 200
# The last lines of Node.js and gunicorn, which do not name the cause.
_SAYS_NOTHING = re.compile(
    r"Node\.js v\d|Reason: (Worker|App) failed to |gunicorn\.errors\.HaltServer|Can't connect to \("
)
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b.*: \S|connection to \(.*\) failed: \S")
_OF_NPM = re.compile(
    r"Cannot find (module|package) '|Error parsing \S+/node_modules/"
    r"|^/\S+/node_modules/\S+:\d+$.*^SyntaxError: ",
    re.MULTILINE | re.DOTALL,
)


def exit_reason(log: str, damage: Callable[[], str]) -> str:
    """Return the last line of a log, or its last error if that line does not name the cause.

    A broken installation comes with its remedy.
    """
    lines = log.strip().splitlines()[-_LATEST:]
    if not lines:
        return ""
    last = _message(lines[-1])
    if not _SAYS_NOTHING.match(last):
        return last[-_LONGEST:]
    cause = (_cause(reversed(lines)) or last.rstrip("."))[:_LONGEST]
    return cause + _of_damage("\n".join(lines), damage)


def _cause(latest_first: Iterable[str]) -> str:
    for line in latest_first:
        for each in (_trace(line) or _message(line)).splitlines()[-1:]:
            if _ERROR.match(each):
                return each
    return ""


def _of_damage(said: str, damage: Callable[[], str]) -> str:
    found = cure() if _OF_NPM.search(said) else damage()
    return f"; {found}" if found else ""


def _message(line: str) -> str:
    """Return the message in a line, be it plain text or a structured record."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(line)["message"])
    return line.strip()


def _trace(line: str) -> str:
    """Return the traceback in a structured record."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(line)["error"]).strip()
    return ""
