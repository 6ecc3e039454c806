"""Thumbnails: what they keep of the original, and what is refused."""

from io import BytesIO
from typing import Any

import pytest
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


@pytest.mark.parametrize(
    "original",
    [
        b"",
        b"\xff\xd8\xff\xe0 this is not a photo",
        b"GIF89a and nothing else",
        encoded(Image.effect_noise((200, 200), 50), "JPEG")[:2000],
        encoded(Image.effect_noise((200, 200), 50), "PNG")[:2000],
        encoded(Image.new("RGB", (8, 8)), "BMP"),
        encoded(Image.new("RGB", (8, 8)), "TIFF"),
    ],
    ids=["nothing", "jpeg", "gif", "half a jpeg", "half a png", "bmp", "tiff"],
)
def test_what_cannot_be_read_is_refused(original: bytes) -> None:
    with pytest.raises(NotAnImage):
        make_thumbnail(original)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("height", [150, 300], ids=["Pillow warns", "Pillow raises"])
def test_a_bomb_is_refused_before_it_is_unpacked(
    height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert images.MAX_PIXELS == Image.MAX_IMAGE_PIXELS
    monkeypatch.setattr(images, "MAX_PIXELS", 10_000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    original = encoded(Image.new("1", (100, height)))
    monkeypatch.setattr(Image.Image, "thumbnail", None)
    with pytest.raises(NotAnImage, match="million pixels"):
        make_thumbnail(original)
