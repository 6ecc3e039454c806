"""`python -m sandbox SNAPSHOT --as NAME -- COMMAND`: one program as an identity of a deployment.

It starts the deployment without services, runs the program, shows the denials, and ends both.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox.audit import Outcome
from sandbox.testing.deployment import Keyless, KeylessError
from sandbox.testing.expectations import line
from sandbox.testing.identity import Identity

_UNAVAILABLE, _NOT_FOUND = 69, 127
_BY_A_SIGNAL = 128


def main(arguments: Sequence[str]) -> int:
    """Return the program's exit status, or 69 if the deployment cannot be started."""
    given = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="keyless-") as temporary:
        try:
            started = Keyless.start(given.snapshot, given.state or Path(temporary), _say)
        except KeylessError as error:
            _say(f"{error}.")
            return _UNAVAILABLE
        try:
            return _run(started, started.as_identity(given.identity), given.command)
        except KeylessError as error:
            _say(f"{error}.")
            return _UNAVAILABLE
        finally:
            started.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("snapshot", type=Path, help="what bicep snapshot has written")
    parser.add_argument("--as", dest="identity", required=True, metavar="NAME")
    parser.add_argument("--state", type=Path, help="a folder that keeps the data; default: none")
    parser.add_argument("command", nargs="+", metavar="-- COMMAND")
    return parser


def _run(started: Keyless, identity: Identity, command: Sequence[str]) -> int:
    before = len(started.audit())
    try:
        process = subprocess.Popen(command, env=identity.environment)
    except OSError as error:
        _say(f"cannot run {command[0]}: {error.strerror}.")
        return _NOT_FOUND
    # The terminal sends Ctrl-C to the program, too, which decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    for each in started.audit()[before:]:
        if each.outcome is Outcome.DENIED:
            _say(line(each))
    return status if status >= 0 else _BY_A_SIGNAL - status


def _say(sentence: str) -> None:
    print(f"keyless: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
