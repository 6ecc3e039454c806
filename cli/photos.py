"""Files for the demo: three photos, painted here in three formats, and one broken file."""

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

_Colour = tuple[int, int, int]

_SIZE = (1600, 1067)
_ORIENTATION, _CAMERA, _GPS = 0x0112, 0x0110, 0x8825


@dataclass(frozen=True)
class Upload:
    """A file as a browser sends it."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class _Scene:
    """Hills under a sky: the colours from top to horizon, the sun, and the nearest hill."""

    top: _Colour
    horizon: _Colour
    sun: tuple[float, float]
    hill: _Colour


_DAWN = _Scene((38, 52, 96), (250, 178, 140), (0.70, 0.56), (24, 34, 58))
_NOON = _Scene((58, 128, 202), (208, 230, 242), (0.28, 0.22), (38, 84, 66))
_DUSK = _Scene((30, 20, 58), (222, 96, 84), (0.46, 0.62), (20, 12, 32))


def uploads() -> list[Upload]:
    """Return a rotated JPEG with GPS metadata, a PNG, a WebP, and a broken JPEG."""
    return [
        Upload("dawn.jpg", "image/jpeg", _sideways_jpeg(_paint(_DAWN))),
        Upload("noon.png", "image/png", _encoded(_paint(_NOON), "PNG")),
        Upload("dusk.webp", "image/webp", _encoded(_paint(_DUSK), "WEBP")),
        Upload("broken.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 this is not a photo " * 64),
    ]


def _paint(scene: _Scene) -> Image.Image:
    """Paint the scene."""
    image = Image.linear_gradient("L").resize(_SIZE)
    picture = Image.composite(
        Image.new("RGB", _SIZE, scene.horizon), Image.new("RGB", _SIZE, scene.top), image
    )
    _sun(picture, scene)
    for depth in range(5):
        _hill(picture, scene, depth)
    return picture


def _sun(picture: Image.Image, scene: _Scene) -> None:
    width, height = _SIZE
    x, y, radius = scene.sun[0] * width, scene.sun[1] * height, 0.055 * width
    mask = Image.new("L", _SIZE, 0)
    ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=230)
    glow = mask.filter(ImageFilter.GaussianBlur(60)).point(lambda value: value * 0.8)
    for each in (glow, mask.filter(ImageFilter.GaussianBlur(2))):
        picture.paste((255, 240, 214), (0, 0), each)


def _hill(picture: Image.Image, scene: _Scene, depth: int) -> None:
    width, height = _SIZE
    nearness = depth / 4
    base = height * (0.62 + 0.085 * depth)
    ridge = [(x, base + height * 0.05 * _swell(x / width, depth)) for x in range(0, width + 16, 16)]
    colour = tuple(
        round(far + (near - far) * (0.35 + 0.65 * nearness))
        for far, near in zip(scene.horizon, scene.hill, strict=True)
    )
    ImageDraw.Draw(picture).polygon([*ridge, (width, height), (0, height)], fill=colour)


def _swell(x: float, depth: int) -> float:
    phase = depth * 1.9
    return math.sin(x * 5 + phase) + 0.5 * math.sin(x * 11 + 2.3 * phase) + 0.2 * math.sin(x * 29)


def _sideways_jpeg(image: Image.Image) -> bytes:
    """Return the JPEG of an upright phone: rotated, with orientation and GPS in its metadata."""
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    exif[_CAMERA] = "Keyless demo"
    exif[_GPS] = {1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    return _encoded(image.rotate(90, expand=True), "JPEG", exif=exif, quality=90)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()
