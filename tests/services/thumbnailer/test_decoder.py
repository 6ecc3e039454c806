"""Photos are read in a process that may die: the cost of a photo is bounded."""

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from services.thumbnailer import decoder as module
from services.thumbnailer.decoder import Decoder, DecoderLost
from services.thumbnailer.images import NotAnImage
from tests.gallery.odd_pictures import encoded
from tests.services.thumbnailer.hostile_pictures import all_hostile

PHOTO = encoded(Image.new("RGB", (640, 320), "red"), "JPEG")
MOST = 300  # MB


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.stop()


def process_of(decoder: Decoder) -> int:
    assert decoder._process
    return decoder._process.pid


def instead(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Let the next process run `body` where it would read a photo."""
    lines = (
        "import os, signal, time",
        "from services.thumbnailer import decoder",
        f"def read(original):\n    {body}",
        "decoder.make_thumbnail, decoder.SECONDS = read, 1",
        "decoder._serve()",
    )
    monkeypatch.setattr(module, "_COMMAND", (sys.executable, "-c", "\n".join(lines)))


def test_the_process_lives_on_between_photos(decoder: Decoder) -> None:
    first = decoder.make_thumbnail(PHOTO)
    process = process_of(decoder)
    with pytest.raises(NotAnImage, match="no JPEG"):
        decoder.make_thumbnail(b"")
    assert (first.width, first.height) == (640, 320)
    assert decoder.make_thumbnail(PHOTO) == first
    assert process_of(decoder) == process


def test_the_process_has_nothing_of_the_services_environment(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "for the service alone")
    decoder.make_thumbnail(PHOTO)
    known = Path(f"/proc/{process_of(decoder)}/environ").read_bytes()
    assert known == b"VIPS_CONCURRENCY=1\0"


def used() -> float:
    """Seconds of a core that the processes took which have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


class Peak(threading.Thread):
    """The most memory that a process had, as long as it could be asked."""

    def __init__(self, process: int) -> None:
        super().__init__()
        self.status = Path(f"/proc/{process}/status")
        self.megabytes = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.005):
            with suppress(OSError, StopIteration):
                lines = self.status.read_text().splitlines()
                line = next(line for line in lines if line.startswith("VmHWM"))
                self.megabytes = int(line.split()[1]) // 1000


def test_no_photo_costs_more_than_its_share_and_the_next_one_is_read(
    decoder: Decoder, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, original in all_hostile():
        decoder.make_thumbnail(PHOTO)
        before, peak = used(), Peak(process_of(decoder))
        peak.start()
        try:
            said = f"{decoder.make_thumbnail(original).width} pixels wide"
        except NotAnImage as error:
            said = str(error)
        decoder.stop()
        peak.ended.set()
        peak.join()
        seconds = used() - before
        with capsys.disabled():
            print(f"\n{name}: {peak.megabytes} MB, {seconds:.1f} s of a core: {said}", end="")
        assert peak.megabytes <= MOST
        assert seconds <= module.SECONDS + 1  # with the small photo, and the start


def test_a_photo_that_takes_too_long_is_refused_and_the_next_one_is_read(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        instead(patched, "while True: pass")
        with pytest.raises(NotAnImage, match="takes more than 10 seconds"):
            decoder.make_thumbnail(PHOTO)
    assert decoder.make_thumbnail(PHOTO).width == 640


def test_a_photo_that_crashes_its_decoder_is_refused(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(NotAnImage, match="crashes the program"):
        decoder.make_thumbnail(PHOTO)


def test_a_photo_that_wants_all_memory_gets_no_more_than_its_share(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, "return bytes(400_000_000)")
    with pytest.raises(NotAnImage, match="too much memory"):
        decoder.make_thumbnail(PHOTO)


def test_a_photo_whose_process_is_killed_by_another_may_be_tried_again(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        instead(patched, "time.sleep(60)")
        killer = threading.Thread(target=kill_when_it_runs, args=(decoder,))
        killer.start()
        with pytest.raises(DecoderLost):
            decoder.make_thumbnail(PHOTO)
        killer.join()
    assert decoder.make_thumbnail(PHOTO).width == 640


def kill_when_it_runs(decoder: Decoder) -> None:
    while decoder._process is None:
        time.sleep(0.01)
    os.kill(decoder._process.pid, signal.SIGKILL)


def test_a_photo_that_keeps_memory_takes_none_from_the_next_one(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        instead(patched, "decoder.kept = bytearray(b'x' * 60_000_000); raise decoder.NotAnImage()")
        with pytest.raises(NotAnImage):
            decoder.make_thumbnail(PHOTO)
    assert decoder._process
    assert decoder._process.poll() is not None
    assert decoder.make_thumbnail(PHOTO).width == 640


def test_the_process_ends_with_the_service() -> None:
    process, pipe = module._start()
    pipe.close()
    assert process.wait(30) == 0
