"""Thumbnails from the bytes of originals: no I/O, and no metadata in the result.

libvips reads a photo strip by strip, and no finer than a thumbnail needs. Metadata decides about
colours and orientation; metadata that cannot be read is ignored.
"""

import logging
from dataclasses import dataclass
from typing import Any

import pyvips

from services.thumbnailer import colours, formats
from services.thumbnailer.formats import Format

_MAX_PIXELS = 50_000_000  # the most that phones make
_MAX_SCANS = 100  # of a progressive JPEG; each goes over all pixels, and cameras write about ten
EDGE = 480
_QUALITY = 85
_EFFORT = 2  # of 6: the default, 4, encodes half as fast, for files that are 1 to 3 % smaller
_END_OF_JPEG = b"\xff\xd9"
_TURNED = (Format.JPEG, Format.PNG)  # formats that browsers turn as EXIF says

logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # it repeats bytes of strangers
pyvips.cache_set_max(0)  # no photo comes twice


class NotAnImage(ValueError):
    """The bytes cannot become a thumbnail; the message says why."""


@dataclass(frozen=True)
class Thumbnail:
    """A WebP image, and the original's size when it is upright."""

    data: bytes
    width: int
    height: int


def make_thumbnail(original: bytes) -> Thumbnail:
    """Return the thumbnail of the first frame, upright and without metadata; raises NotAnImage."""
    format = formats.of(original)
    if format is None:
        raise NotAnImage(formats.OTHER)
    if format is Format.JPEG and not original.endswith(_END_OF_JPEG):
        original += _END_OF_JPEG
    try:
        width, height = _size(format, original)
    except pyvips.Error as error:
        raise NotAnImage(formats.why_unopened(format, original, error.detail)) from error
    if format is Format.JPEG and formats.scans(original) > _MAX_SCANS:
        raise NotAnImage(f"The image takes too long to read: it has over {_MAX_SCANS} scans.")
    if width * height > _MAX_PIXELS:
        raise NotAnImage(f"The image has more than {_MAX_PIXELS // 1_000_000} million pixels.")
    try:
        data = _shrunk(format, original, min(width, height), max(width, height) / EDGE)
    except pyvips.Error as error:
        raise NotAnImage(formats.why_unread(format, original, error.detail)) from error
    return Thumbnail(data, width, height)


def _size(format: Format, original: bytes) -> tuple[int, int]:
    """Return the width and height of an image when it is upright; raises pyvips.Error."""
    image = _load(format, original)
    upright = image.autorot() if format in _TURNED else image
    return upright.width, upright.height


def _load(format: Format, original: bytes, **options: Any) -> pyvips.Image:
    """Return an image whose pixels are read when they are needed; raises pyvips.Error."""
    load = getattr(pyvips.Image, f"{format.name.lower()}load_source")
    options = {"access": "sequential", "fail_on": "truncated"} | options
    return load(pyvips.Source.new_from_memory(original), **options)


def _shrunk(format: Format, original: bytes, narrow: int, factor: float) -> bytes:
    """Return the WebP of an image that is `factor` times too large; raises pyvips.Error.

    `narrow` is its shorter side, of which a pixel has to be left.
    """
    if format is Format.WEBP:
        return _encoded(format, original, scale=max(min(1, 1 / factor), 1 / narrow))
    if format is not Format.JPEG:
        return _encoded(format, original)
    shrink = next((number for number in (8, 4, 2) if number <= min(factor, narrow)), 1)
    try:
        return _encoded(format, original, shrink=shrink, fail_on="warning")
    except pyvips.Error as error:
        if formats.is_cut(format, original, error.detail):
            raise
        return _encoded(format, original, shrink=shrink, fail_on="none")  # as browsers do


def _encoded(format: Format, original: bytes, **options: Any) -> bytes:
    image = _load(format, original, **options)
    if format is Format.GIF:
        image = _on_its_screen(image, original)
    if image.interpretation == "cmyk":
        image = colours.from_inks(image)
    # Without a profile the colours are sRGB already: to convert them would take most of the time.
    profile = {"output_profile": "srgb"} if image.get_typeof("icc-profile-data") else {}
    small = image.thumbnail_image(
        EDGE, height=EDGE, size="down", no_rotate=format not in _TURNED, **profile
    )
    if format is Format.PNG:
        small = colours.from_gamma(small, original)
    data: bytes = small.webpsave_buffer(Q=_QUALITY, effort=_EFFORT, keep="none")
    return data


def _on_its_screen(image: pyvips.Image, gif: bytes) -> pyvips.Image:
    """Return a GIF's first frame with nothing around it, where libvips paints black."""
    left, top, width, height = formats.first_frame(gif)
    width, height = min(width, image.width - left), min(height, image.height - top)
    if (width, height) == (image.width, image.height) or width <= 0 or height <= 0:
        return image
    frame = image.crop(left, top, width, height)
    frame = frame if frame.hasalpha() else frame.addalpha()
    return frame.embed(left, top, image.width, image.height)
