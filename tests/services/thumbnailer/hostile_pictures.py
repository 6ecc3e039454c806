"""Pictures that cost much more to read than to send, made here."""

import struct
import zlib
from collections.abc import Iterator

from tests.gallery.odd_pictures import (
    GREY,
    RGBA,
    chunk,
    encoded,
    gif_with_comment,
    jpeg,
    picture,
    png,
    segment,
    with_chunk,
)

ROOM = 19_000_000  # bytes: an upload may have 20 MB
SIDE = 7000


def all_hostile() -> Iterator[tuple[str, bytes]]:
    """Yield each picture with its name."""
    plain = encoded(picture(), "PNG")
    bomb = zlib.compress(bytes(500_000_000), 1)
    yield "jpeg of 800 scans", jpeg_of_many_scans(800)
    yield "jpeg of empty segments", jpeg()[:2] + segment(0xE1, b"") * (ROOM // 4) + jpeg()[2:]
    yield "gif with a comment of one-byte blocks", gif_with_comment(b"\1x" * (ROOM // 2))
    yield "gif with comments of one byte", gif_with_comment(b"\1x\0\x21\xfe" * (ROOM // 5))
    yield "gif of a million frames", _gif_of_frames(1_000_000)
    yield "png of zeros, half clear", png(8, RGBA, bytes((4 * SIDE + 1) * SIDE), size=(SIDE, SIDE))
    yield "png of too many pixels", png(1, GREY, bytes(2501 * 20000), size=(20000, 20000))
    yield "png of tiny chunks", with_chunk(plain, chunk(b"tEXt", b"n\0") * (ROOM // 14))
    yield "png whose text unpacks", with_chunk(plain, chunk(b"zTXt", b"n\0\0" + bomb))
    yield "png whose profile unpacks", with_chunk(plain, chunk(b"iCCP", b"n\0\0" + bomb))


def jpeg_of_many_scans(count: int) -> bytes:
    """Return a progressive JPEG, grey, whose scans say each time that no block has changed."""
    tables = segment(0xDB, b"\0" + b"\1" * 64)
    tables += segment(0xC2, struct.pack(">BHHB", 8, SIDE, SIDE, 1) + b"\1\x11\0")
    tables += segment(0xC4, b"\0\1" + bytes(16)) + segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")
    blocks = (-(-SIDE // 8)) ** 2
    # One code, a single zero: the end of all blocks, for 16,384 of them and as many as 14 bits say.
    runs = ("0" + "1" * 14) * -(-blocks // 32_767)
    bits = runs + "1" * (-len(runs) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    first = segment(0xDA, bytes((1, 1, 0, 0, 0, 0))) + bytes(-(-blocks // 8))
    scans = (
        segment(0xDA, bytes((1, 1, 0, place, place, high << 4 | low))) + data
        for place in range(1, 64)
        for high, low in ((0, 13), *((bit + 1, bit) for bit in range(12, -1, -1)))
    )
    return b"\xff\xd8" + tables + first + b"".join(list(scans)[:count]) + b"\xff\xd9"


def _gif_of_frames(count: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\2\2\x44\1\0"
    return encoded(picture().quantize(256), "GIF")[:-1] + frame * count + b";"
