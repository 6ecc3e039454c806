"""Thumbnails: the parts of the original that they keep, and the images that are refused."""

from collections.abc import Sequence
from io import BytesIO
from random import Random
from typing import Any

import pytest
import pyvips
from PIL import Image

from services.thumbnailer import images
from services.thumbnailer.images import EDGE, NotAnImage, make_thumbnail

ORIENTATION, CAMERA, GPS = 0x0112, 0x0110, 0x8825


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(original: bytes) -> Image.Image:
    image = Image.open(BytesIO(make_thumbnail(original).data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_of_the_four_formats_becomes_a_small_webp(kind: str) -> None:
    image = opened(encoded(Image.new("RGB", (1200, 600), "red"), kind))
    assert (image.format, image.size) == ("WEBP", (EDGE, EDGE // 2))


def test_a_small_photo_is_not_enlarged() -> None:
    assert opened(encoded(Image.new("RGB", (20, 10)))).size == (20, 10)


def test_a_photo_on_its_side_is_turned_and_measured_as_it_is_seen() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    left, right = Image.new("RGB", (400, 400), "red"), Image.new("RGB", (800, 400), "blue")
    right.paste(left, (0, 0))
    original = encoded(right, "JPEG", exif=exif)
    thumbnail = make_thumbnail(original)
    assert (thumbnail.width, thumbnail.height) == (400, 800)
    pixel = opened(original).convert("RGB").getpixel((EDGE // 4, 10))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[CAMERA] = "A camera"
    exif[GPS] = {1: "N", 2: (52.0, 30.0, 0.0)}
    options: dict[str, Any] = {"exif": exif, "icc_profile": b"profile", "xmp": b"<x:xmpmeta/>"}
    original = encoded(Image.new("RGB", (64, 64)), "WEBP", **options)
    data = make_thumbnail(original).data
    assert b"profile" in original
    for trace in (b"EXIF", b"XMP ", b"ICCP", b"A camera"):
        assert trace not in data


def test_transparency_is_kept() -> None:
    image = opened(encoded(Image.new("RGBA", (64, 64), (255, 0, 0, 0))))
    assert image.mode == "RGBA"


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_shows_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    image = opened(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    pixel = image.convert("RGB").getpixel((32, 32))
    assert getattr(image, "n_frames", 1) == 1
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16"])
def test_every_kind_of_png_becomes_a_thumbnail(mode: str) -> None:
    assert opened(encoded(Image.new(mode, (900, 300)))).size == (EDGE, EDGE // 3)


def test_a_jpeg_in_cmyk_becomes_a_thumbnail() -> None:
    assert opened(encoded(Image.new("CMYK", (64, 64)), "JPEG")).mode == "RGB"


def test_the_colours_of_a_profile_become_srgb_and_those_without_one_stay() -> None:
    colour = (200, 60, 60)
    plain = pyvips.Image.black(64, 64, bands=3).linear([1], colour, uchar=True)
    wide = plain.copy(interpretation="srgb").icc_transform("p3", input_profile="srgb")
    assert distance(wide(32, 32), colour) > 10
    for original in (plain, wide):
        pixel = opened(original.pngsave_buffer()).convert("RGB").getpixel((32, 32))
        assert isinstance(pixel, tuple)
        assert distance(pixel, colour) <= 3


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def noise(kind: str, **options: Any) -> bytes:
    """The same each time: of Pillow's own noise, one WebP in 150 is whole after any damage."""
    chance = Random(1)  # noqa: S311 - a test that can be repeated
    grey = bytes(min(255, max(0, round(chance.gauss(128, 50)))) for _ in range(200 * 200))
    return encoded(Image.frombytes("L", (200, 200), grey), kind, **options)


NONE, OTHER = "The file cannot be read as an image.", "The file is no JPEG, PNG, WebP or GIF image."
CUT = "The image ends in the middle."


@pytest.mark.parametrize(
    ("original", "reason"),
    [
        (b"", OTHER),
        (encoded(Image.new("RGB", (8, 8)), "BMP"), OTHER),
        (encoded(Image.new("RGB", (8, 8)), "TIFF"), OTHER),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", OTHER),
        (b"\xff\xd8\xff\xe0 this is not a photo", NONE),
        (b"\x89PNG\r\n\x1a\n and nothing else", NONE),
        (b"RIFF\0\0\0\0WEBP and nothing else", NONE),
        (b"GIF89a", NONE),
        (b"GIF89a and nothing else", NONE),
    ],
)
def test_what_is_none_of_the_four_formats_is_called_so(original: bytes, reason: str) -> None:
    with pytest.raises(NotAnImage) as caught:
        make_thumbnail(original)
    assert str(caught.value) == reason


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("GIF", {"interlace": 0}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {}),
    ],
)
def test_an_image_of_which_a_part_is_missing_ends_in_the_middle(
    kind: str, options: dict[str, Any], part: float
) -> None:
    original = noise(kind, **options)
    make_thumbnail(original)
    with pytest.raises(NotAnImage, match=CUT):
        make_thumbnail(original[: round(len(original) * part)])


def test_an_end_put_behind_half_a_jpeg_makes_it_no_whole_one() -> None:
    original = noise("JPEG")
    with pytest.raises(NotAnImage, match=CUT):
        make_thumbnail(original[: len(original) // 2] + b"\xff\xd9")


def test_a_jpeg_that_ends_in_its_header_is_cut_too() -> None:
    with pytest.raises(NotAnImage, match=CUT):
        make_thumbnail(noise("JPEG")[:100])


# Not a GIF: once its table of codes is full, every code is one.
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_image_with_noise_among_its_pixels_is_called_broken(kind: str) -> None:
    original = noise(kind, lossless=True)
    middle = len(original) // 2
    with pytest.raises(NotAnImage, match=f"The {kind} is broken: ") as caught:
        make_thumbnail(original[:middle] + b"\x55" * 99 + original[middle + 99 :])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_bomb_is_refused_before_it_is_unpacked(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = encoded(Image.new("1", (8000, 6251)), kind)
    monkeypatch.setattr(images, "_encoded", None)
    with pytest.raises(NotAnImage, match="more than 50 million pixels"):
        make_thumbnail(original)


def test_a_photo_of_an_odd_shape_is_measured_and_shrunk() -> None:
    for size in ((5000, 1), (1, 5000)):
        for kind in ("JPEG", "PNG", "WEBP", "GIF"):
            thumbnail = make_thumbnail(encoded(Image.new("RGB", size, "red"), kind))
            assert (thumbnail.width, thumbnail.height) == size
            assert max(opened(encoded(Image.new("RGB", size, "red"), kind)).size) == EDGE
