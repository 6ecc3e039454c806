"""A decoder of photos in a process that can be killed. Nothing here is about identity.

A photo is bytes that a stranger chose. Whatever they do to the decoder, one photo takes no more
than SECONDS of a core and 300 MB: beyond that the process ends, and the next photo gets a new one.
The process is kept between photos, since its start takes longer than most photos. Its environment
lacks the service's variables, and so the header with which tokens are requested.
"""

import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from services.thumbnailer.formats import MEMORY as TOO_MUCH_MEMORY
from services.thumbnailer.images import NotAnImage, Thumbnail, make_thumbnail

SECONDS = 10  # of a core
_MEMORY = 300_000_000  # bytes that the process may write to; its code takes 20 MB more
_DEADLINE = 120.0  # seconds by the clock, on a machine too busy to give 10 of a core
_COMMAND = (sys.executable, "-m", "services.thumbnailer.decoder")
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {"VIPS_CONCURRENCY": "1"}

# A crash of the process itself. Any other signal comes from outside, and says nothing of the photo.
_CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
_GROWN = 50_000_000  # bytes: a process that keeps more after a photo ends, and a new one is small
_SIZE = struct.Struct(">II")  # width and height, or zeros, before a thumbnail or a reason
_MAX_ANSWER = 32_000_000  # bytes


class DecoderLost(Exception):
    """The process ended for another reason than the photo, which may be retried."""


class Decoder:
    """A process that makes thumbnails one by one; it starts with the first, and restarts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection

    def start(self) -> None:
        """Do nothing: the process starts with the first photo."""

    def stop(self) -> None:
        """End the process, even while it reads a photo."""
        if process := self._process:
            process.kill()
            process.wait()

    def make_thumbnail(self, original: bytes) -> Thumbnail:
        """Return the thumbnail of a photo; raises NotAnImage, or DecoderLost."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process, self._pipe = _start()
            process, pipe = self._process, self._pipe
            late = threading.Timer(_DEADLINE, process.kill)
            late.start()
            try:
                pipe.send_bytes(original)
                answer = pipe.recv_bytes(_MAX_ANSWER)
                width, height = _SIZE.unpack_from(answer)
            except (OSError, EOFError, struct.error):
                self.stop()
                raise _why_it_ended(process.returncode) from None
            finally:
                late.cancel()
            if _resident(process.pid) > _GROWN:
                self.stop()
        if not width:
            raise NotAnImage(answer[_SIZE.size :].decode())
        return Thumbnail(answer[_SIZE.size :], width, height)


def _start() -> tuple[subprocess.Popen[bytes], Connection]:
    ours, theirs = Pipe()  # for bytes alone: nothing that a decoder sends is unpickled
    with theirs:
        process = subprocess.Popen(
            (*_COMMAND, str(theirs.fileno())),
            pass_fds=[theirs.fileno()],
            cwd=_ROOT,
            env=_ENVIRONMENT,
            start_new_session=True,
        )
    return process, ours


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:  # macOS has no /proc, and enforces no limit of memory either
        return 0
    return pages * resource.getpagesize()


def _why_it_ended(status: int) -> Exception:
    if status == -signal.SIGXCPU:
        return NotAnImage(f"The image takes more than {SECONDS} seconds to read.")
    if status == -signal.SIGTRAP:  # libvips's GLib ends so without memory
        return NotAnImage(TOO_MUCH_MEMORY)
    if -status in _CRASHES:
        return NotAnImage("The image crashes the program that reads it.")
    return DecoderLost(f"the decoder ended with status {status}")


def _serve() -> None:
    """Serve photo after photo in this process until the service ends."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, _MEMORY)
    pipe = Connection(int(sys.argv[1]))
    with suppress(EOFError):
        while True:
            original = pipe.recv_bytes()
            _limit(resource.RLIMIT_CPU, int(time.process_time()) + SECONDS)
            pipe.send_bytes(_answer(original))


def _limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _answer(original: bytes) -> bytes:
    try:
        thumbnail = make_thumbnail(original)
    except NotAnImage as error:
        return _SIZE.pack(0, 0) + str(error).encode()
    except MemoryError:
        return _SIZE.pack(0, 0) + TOO_MUCH_MEMORY.encode()
    return _SIZE.pack(thumbnail.width, thumbnail.height) + thumbnail.data


if __name__ == "__main__":
    _serve()
