"""Reads photos in a process that can be killed. Not about identity: copy the others without it.

A photo is bytes that a stranger chose. Whatever they do to the decoder, a photo takes no more than
SECONDS of a core and MEMORY: beyond that the process ends, and the next photo gets a new one. A
process lives on between photos, since to start it takes longer than most photos. It has nothing
of the service's environment, and so not the header either that tokens are asked for with.
"""

import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from services.thumbnailer.formats import MEMORY as TOO_MUCH_MEMORY
from services.thumbnailer.images import NotAnImage, Thumbnail, make_thumbnail

SECONDS = 10  # of a core
MEMORY = 300_000_000  # bytes that the process may write to; its code takes 20 MB more
DEADLINE = 120.0  # seconds by the clock, on a machine too busy to give 10 of a core
COMMAND = (sys.executable, "-m", "services.thumbnailer.decoder")
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"VIPS_CONCURRENCY": "1"}

# A crash of the process itself. Any other signal comes from outside, and says nothing of the photo.
CRASHES = (signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV)
GROWN = 50_000_000  # bytes: a process that keeps so much after a photo ends, and a new one is small
HEAD = struct.Struct(">?III")  # whether it ends; width and height, or zeros; how many bytes follow
LONGEST = 32_000_000  # bytes in one message

Message = tuple[bool, int, int, bytes]


class DecoderLost(Exception):
    """The process ended, and not because of the photo, which may be tried again."""


class Decoder:
    """A process that makes thumbnails, one by one; it starts with the first, and again at need."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Wait for the first photo."""

    def stop(self) -> None:
        """End the process; the photo that it reads is lost to it."""
        if process := self._process:
            process.kill()
            process.wait()

    def make_thumbnail(self, original: bytes) -> Thumbnail:
        """Return the thumbnail of a photo; raises NotAnImage, or DecoderLost."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = _process()
            process = self._process
            late = threading.Timer(DEADLINE, process.kill)
            late.start()
            try:
                ends, width, height, answer = _ask(process, original)
            except (OSError, EOFError):
                self._process = None
                raise _why_it_ended(process) from None
            finally:
                late.cancel()
            if ends:
                self._process = None
                process.communicate()
        if not width:
            raise NotAnImage(answer.decode())
        return Thumbnail(answer, width, height)


def _process() -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        COMMAND, stdin=pipe, stdout=pipe, cwd=ROOT, env=ENVIRONMENT, start_new_session=True
    )


def _ask(process: subprocess.Popen[bytes], original: bytes) -> Message:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    _write(process.stdin, (False, 0, 0, original))
    return _read(process.stdout)


def _why_it_ended(process: subprocess.Popen[bytes]) -> Exception:
    process.kill()  # if it has not ended, but answered what is no answer
    with suppress(OSError), process:
        process.wait()
    if process.returncode == -signal.SIGXCPU:
        return NotAnImage(f"The image takes more than {SECONDS} seconds to read.")
    if process.returncode == -signal.SIGTRAP:  # how GLib, of libvips, ends when it gets no memory
        return NotAnImage(TOO_MUCH_MEMORY)
    if -process.returncode in CRASHES:
        return NotAnImage("The image crashes the program that reads it.")
    return DecoderLost(f"the decoder ended with status {process.returncode}")


def _write(stream: IO[bytes], message: Message) -> None:
    ends, width, height, data = message
    stream.write(HEAD.pack(ends, width, height, len(data)))
    stream.write(data)
    stream.flush()


def _read(stream: IO[bytes]) -> Message:
    """Return what was written at the other end; raises EOFError."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    ends, width, height, length = HEAD.unpack(head)
    data = stream.read(min(length, LONGEST))
    if len(data) < length:
        raise EOFError
    return ends, width, height, data


def _serve() -> None:
    """Answer photo after photo, in the process of its own, until the service is gone."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, MEMORY)
    grown = False
    with suppress(EOFError):
        while not grown:
            *_, original = _read(sys.stdin.buffer)
            _limit(resource.RLIMIT_CPU, int(time.process_time()) + SECONDS)
            width, height, answer = _answer(original)
            grown = _resident() > GROWN
            _write(sys.stdout.buffer, (grown, width, height, answer))


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # macOS keeps no such account, and enforces no limit of memory either
        return 0
    return pages * resource.getpagesize()


def _limit(kind: int, most: int) -> None:
    resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _answer(original: bytes) -> tuple[int, int, bytes]:
    try:
        thumbnail = make_thumbnail(original)
    except NotAnImage as error:
        return 0, 0, str(error).encode()
    except MemoryError:
        return 0, 0, TOO_MUCH_MEMORY.encode()
    return thumbnail.width, thumbnail.height, thumbnail.data


if __name__ == "__main__":
    _serve()
