"""Pictures that a browser shows in full, each odd in its own way, and all made here."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from typing import Any

from PIL import Image, ImageDraw

from tests.gallery import profiles

SIZE = (320, 240)
PNG = b"\x89PNG\r\n\x1a\n"
INVERTED = bytes(range(255, -1, -1))
ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6  # a PNG's numbers of them

Named = Iterator[tuple[str, bytes]]


def all_odd() -> dict[str, bytes]:
    """Return each picture under a name for its oddity."""
    return dict(
        chain(_jpegs(), _profiled_jpegs(), _turned(), _pngs(), _deep_pngs(), _gifs(), _webps())
    )


def picture(size: tuple[int, int] = SIZE) -> Image.Image:
    """Return a glow of colours with two marks: no two of its corners are alike."""
    down = Image.linear_gradient("L")
    parts = (down.rotate(90), down, Image.radial_gradient("L"))
    image = Image.merge("RGB", [part.resize(size) for part in parts])
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 10, 90, 60), fill=(230, 40, 30))
    draw.rectangle((200, 160, 300, 220), fill=(20, 120, 220))
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file of that kind."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    """Return the picture as a JPEG."""
    return encoded(picture().convert(mode), "JPEG", quality=93, **options)


def segment(marker: int, data: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def with_segment(data: bytes, extra: bytes) -> bytes:
    """Return a JPEG with a segment at its head."""
    return data[:2] + extra + data[2:]


def chunk(name: bytes, data: bytes, wrong: int = 0) -> bytes:
    """Return a chunk of a PNG, with a checksum that is `wrong` by so much."""
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data) ^ wrong)
    )


def with_chunk(data: bytes, *extra: bytes) -> bytes:
    """Return a PNG with chunks right behind its header."""
    return data[:33] + b"".join(extra) + data[33:]


def png(
    depth: int,
    colour: int,
    rows: bytes,
    *extra: bytes,
    size: tuple[int, int] = SIZE,
    interlaced: int = 0,
) -> bytes:
    """Return a PNG of rows that have their filter byte already."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    pixels = chunk(b"IDAT", zlib.compress(rows, 1))
    return PNG + chunk(b"IHDR", header) + b"".join(extra) + pixels + chunk(b"IEND", b"")


def gif_with_comment(blocks: bytes) -> bytes:
    """Return a GIF with a comment of these blocks before its pixels."""
    data = encoded(picture().quantize(256), "GIF")
    pixels = 13 + 3 * 256
    return data[:pixels] + b"\x21\xfe" + blocks + b"\0" + data[pixels:]


def _jpegs() -> Named:
    plain, late = jpeg(), jpeg(progressive=True)
    yield "jpeg", plain
    yield "jpeg grey", jpeg("L")
    yield "jpeg progressive", late
    yield "jpeg shrunk", encoded(picture((1300, 900)), "JPEG", quality=85)
    yield "jpeg with restarts", jpeg(restart_marker_blocks=7)
    yield (
        "jpeg with a wrong restart",
        jpeg(restart_marker_blocks=7).replace(b"\xff\xd3", b"\xff\xd5", 1),
    )
    yield "jpeg in rgb", jpeg(keep_rgb=True)
    yield "jpeg progressive without its end", late[:-2]
    yield "jpeg with something behind it", plain + b"something else" * 100
    yield "jpeg with bytes before its end", plain[:-2] + b"\0\0\0\0\xff\xff" + plain[-2:]
    table = late.index(b"\xff\xc4", late.index(b"\xff\xda"))
    yield "jpeg with bytes between its scans", late[:table] + b"\0\1\2" + late[table:]
    yield "jpeg with odd exif", with_segment(plain, segment(0xE1, _odd_exif()))
    yield "jpeg with noise for exif", with_segment(plain, segment(0xE1, b"Exif\0\0" + INVERTED * 9))
    yield (
        "jpeg with half of photoshop's",
        with_segment(plain, segment(0xED, b"Photoshop 3.0\x008BIM" + b"\xff" * 50)),
    )
    yield (
        "jpeg with a broken index",
        with_segment(plain, segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff")),
    )
    yield (
        "jpeg with half a preview",
        with_segment(plain, segment(0xE0, b"JFXX\0\x10" + plain[:400])),
    )


def _profiled_jpegs() -> Named:
    inks, adobe, p3 = (
        profiles.cmyk(),
        profiles.rgb(profiles.ADOBE_RGB),
        profiles.rgb(profiles.DISPLAY_P3),
    )
    marked = jpeg("CMYK")
    marker = marked.index(b"\xff\xee")
    yield "jpeg cmyk", marked
    yield "jpeg cmyk without adobe's marker", marked[:marker] + marked[marker + 16 :]
    yield "jpeg cmyk with a profile", jpeg("CMYK", icc_profile=inks)
    yield "jpeg cmyk with half a profile", jpeg("CMYK", icc_profile=inks[:300])
    yield "jpeg cmyk with a profile of rgb", jpeg("CMYK", icc_profile=adobe)
    yield "jpeg in adobe rgb", jpeg(icc_profile=adobe)
    yield "jpeg in display p3", jpeg(icc_profile=p3)
    yield "jpeg grey with a profile", jpeg("L", icc_profile=profiles.grey(1.0))
    yield "jpeg grey with a profile of rgb", jpeg("L", icc_profile=adobe)
    yield "jpeg with a profile of inks", jpeg(icc_profile=inks)
    yield "jpeg with no profile for one", jpeg(icc_profile=b"no profile" * 40)
    yield "jpeg with half a profile", jpeg(icc_profile=adobe[:300])


def _turned() -> Named:
    for turn in range(1, 10):
        yield f"jpeg turned {turn}", jpeg(exif=_turn(turn))
    yield "png turned", with_chunk(encoded(picture(), "PNG"), chunk(b"eXIf", _turn(6)[6:]))
    yield "webp turned", encoded(picture(), "WEBP", quality=93, exif=_turn(6))


def _pngs() -> Named:
    plain, clear = encoded(picture(), "PNG"), encoded(_clear(), "PNG")
    yield "png", plain
    yield "png of one bit", encoded(picture().convert("1"), "PNG")
    yield "png grey", encoded(picture().convert("L"), "PNG")
    yield "png grey, half clear", encoded(_clear().convert("LA"), "PNG")
    yield "png half clear", clear
    yield "png with a background", with_chunk(clear, chunk(b"bKGD", struct.pack(">HHH", 255, 0, 0)))
    yield "png with a palette", encoded(picture().quantize(200), "PNG")
    fading = bytes(range(0, 256, 16))
    yield (
        "png with a palette of four bits, half clear",
        encoded(picture().quantize(16), "PNG", transparency=fading, bits=4),
    )
    yield (
        "png with one clear colour",
        with_chunk(plain, chunk(b"tRNS", struct.pack(">HHH", 230, 40, 30))),
    )
    yield "png interlaced", png(8, GREY, _interlaced(), interlaced=1)
    yield "png animated", encoded(picture(), "PNG", save_all=True, append_images=_more())
    adobe, p3 = profiles.rgb(profiles.ADOBE_RGB), profiles.rgb(profiles.DISPLAY_P3)
    yield "png in adobe rgb", encoded(picture(), "PNG", icc_profile=adobe)
    yield (
        "png with a palette in display p3",
        encoded(picture().quantize(200), "PNG", icc_profile=p3),
    )
    yield "png with a broken profile", with_chunk(plain, chunk(b"iCCP", b"name\0\0no stream"))
    zeros = zlib.compress(bytes(5_000_000))
    yield "png with a large profile", with_chunk(plain, chunk(b"iCCP", b"name\0\0" + zeros))
    yield "png with a large text", with_chunk(plain, chunk(b"zTXt", b"name\0\0" + zeros))
    yield "png with many texts", with_chunk(plain, chunk(b"tEXt", b"name\0" + b"x" * 60_000) * 20)
    yield (
        "png with a bad checksum of a text",
        with_chunk(plain, chunk(b"tEXt", b"name\0text", wrong=1)),
    )
    yield (
        "png with a bad checksum of a time",
        with_chunk(plain, chunk(b"tIME", b"\7\xea\1\1\1\1\1", wrong=1)),
    )
    yield "png with an unknown chunk", with_chunk(plain, chunk(b"prVt", b"x" * 70_000))
    yield "png with noise for exif", with_chunk(plain, chunk(b"eXIf", INVERTED))
    yield "png with half a resolution", with_chunk(plain, chunk(b"pHYs", b"\0\0"))
    yield "png without its end", plain[:-12]
    yield "png with half its end", plain[:-6]
    yield "png with something behind it", plain + b"something else" * 100
    linear, usual = (
        chunk(b"gAMA", struct.pack(">I", 100_000)),
        chunk(b"gAMA", struct.pack(">I", 45_455)),
    )
    places = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    yield "png with a gamma", with_chunk(plain, linear)
    yield "png with the usual gamma", with_chunk(plain, usual)
    yield "png with a gamma of nothing", with_chunk(plain, chunk(b"gAMA", bytes(4)))
    yield (
        "png with its primaries",
        with_chunk(plain, usual, chunk(b"cHRM", struct.pack(">8I", *places))),
    )
    yield "png with primaries of nothing", with_chunk(plain, usual, chunk(b"cHRM", bytes(32)))
    yield "png with a gamma that does not count", with_chunk(plain, chunk(b"sRGB", b"\0"), linear)


def _deep_pngs() -> Named:
    p3 = chunk(b"iCCP", b"p3\0\0" + zlib.compress(profiles.rgb(profiles.DISPLAY_P3)))
    yield "png of 16 bits, grey", png(16, GREY, _deep("L"))
    yield "png of 16 bits, grey, half clear", png(16, GREY_ALPHA, _deep("LA"))
    yield "png of 16 bits", png(16, RGB, _deep("RGB"))
    yield "png of 16 bits, half clear", png(16, RGBA, _deep("RGBA"))
    yield "png of 16 bits in display p3", png(16, RGB, _deep("RGB"), p3)
    clear = chunk(b"tRNS", struct.pack(">H", 100 << 8 | 155))
    yield "png of 16 bits, grey, with one clear", png(16, GREY, _deep("L"), clear)


def _gifs() -> Named:
    plain = picture().quantize(256)
    whole = encoded(plain, "GIF")
    yield "gif", whole
    yield "gif animated", encoded(plain, "GIF", save_all=True, append_images=_more())
    yield "gif interlaced", encoded(plain, "GIF", interlace=1)
    yield "gif with one clear colour", encoded(picture().quantize(16), "GIF", transparency=3)
    yield "gif whose frame is a part", _gif_of_a_part()
    yield "gif without its end", whole[:-1]
    yield "gif with a comment", gif_with_comment(b"\1x" * 500)


def _webps() -> Named:
    plain = encoded(picture(), "WEBP", quality=93)
    p3 = profiles.rgb(profiles.DISPLAY_P3)
    yield "webp", plain
    yield "webp without loss", encoded(picture(), "WEBP", lossless=True)
    yield "webp half clear", encoded(_clear(), "WEBP", quality=93)
    yield (
        "webp animated",
        encoded(picture(), "WEBP", quality=93, save_all=True, append_images=_more()),
    )
    yield "webp shrunk", encoded(picture((1300, 900)), "WEBP", quality=85)
    yield "webp in display p3", encoded(picture(), "WEBP", quality=93, icc_profile=p3)
    yield (
        "webp with no profile for one",
        encoded(picture(), "WEBP", quality=93, icc_profile=b"no profile"),
    )
    yield "webp with noise for exif", encoded(picture(), "WEBP", quality=93, exif=INVERTED)
    yield "webp with something behind it", plain + b"tail" * 10


def _turn(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _odd_exif() -> bytes:
    """EXIF that turns the picture, has a number over zero, unknown types and offsets to nowhere."""
    entries = [
        (0x0112, 3, 1, struct.pack("<HH", 6, 0)),
        (0x011A, 5, 1, struct.pack("<I", 120)),
        (0x011B, 5, 1, struct.pack("<I", 0xFFFFFFF0)),
        (0x8769, 4, 1, struct.pack("<I", 0xFFFFFF)),
        (0x9999, 99, 7, b"abcd"),
        (0x013B, 2, 0xFFFFFFFF, struct.pack("<I", 8)),
    ]
    body = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
    directory = b"II*\0" + struct.pack("<IH", 8, len(entries)) + body + struct.pack("<I", 0)
    return b"Exif\0\0" + directory.ljust(120, b"\0") + struct.pack("<II", 72, 0)


def _more() -> list[Image.Image]:
    """More frames, none of them to be seen."""
    return [picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT), picture().rotate(180)]


def _clear() -> Image.Image:
    image = picture().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(SIZE))
    return image


def _rows(data: bytes, width: int) -> Iterator[bytes]:
    return (data[at : at + width] for at in range(0, len(data), width))


def _deep(mode: str) -> bytes:
    """The rows of the picture in samples of 16 bits, whose lower halves are not zero."""
    image = picture().convert(mode)
    data = image.tobytes()
    samples = bytes(chain.from_iterable(zip(data, data.translate(INVERTED), strict=True)))
    rows = _rows(samples, 2 * image.width * len(image.getbands()))
    return b"".join(b"\0" + row for row in rows)


def _interlaced() -> bytes:
    rows = list(_rows(picture().convert("L").tobytes(), SIZE[0]))
    return b"".join(b"\0" + row[x::dx] for x, y, dx, dy in ADAM7 for row in rows[y::dy])


def _gif_of_a_part() -> bytes:
    data = bytearray(encoded(picture((160, 120)).quantize(64), "GIF"))
    data[6:10] = struct.pack("<HH", *SIZE)
    frame = data.index(b",", 13 + 3 * 64)
    data[frame + 1 : frame + 5] = struct.pack("<HH", 100, 80)
    return bytes(data)
