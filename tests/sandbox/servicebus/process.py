"""A bus in a process of its own, so that a test can kill it: `python -m ...process <folder>`.

The folder holds Entra's key. Prints the plain port, and stays until it is killed.
"""

import signal
import subprocess
import sys
from pathlib import Path

from joserfc.jwk import RSAKey

from sandbox.entra import SigningKey
from tests.sandbox.servicebus.harness import Running, signing_key

_KEY = "key.pem"


class Process:
    """The child process of a bus."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / _KEY).write_bytes(signing_key().key.as_pem(private=True))

    def __enter__(self) -> "Process":
        command = [sys.executable, "-m", __name__, str(self._folder)]
        self._child = subprocess.Popen(
            command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True
        )
        assert self._child.stdout
        self.port = int(self._child.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._child.pid

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        self._child.send_signal(signal.SIGKILL)

    def ended(self) -> None:
        """Wait until it has ended."""
        assert self._child.wait(60) == -signal.SIGKILL


def main(folder: Path) -> None:
    """Run until killed."""
    key = SigningKey.of(RSAKey.import_key((folder / _KEY).read_bytes()))
    with Running(folder, key=key) as bus:
        print(bus.plain_port, flush=True)
        signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
