"""Colours that browsers convert and libvips does not: a PNG's gamma, inks without a profile."""

import struct
from collections.abc import Iterator

import pyvips

_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # x and y: white, red, green, blue
_USUAL_GAMMA = 0.45455
_MAX_CHUNKS = 1000  # are searched; libpng keeps no more
_HEADER = 8  # bytes of a PNG before its first chunk
_OVERRIDING = frozenset({b"iCCP", b"sRGB", b"cICP"})  # each takes precedence over gAMA


def from_inks(image: pyvips.Image) -> pyvips.Image:
    """Return a CMYK image in RGB; without a profile for inks, as browsers mix them."""
    if _has_ink_profile(image):
        return image.icc_transform("srgb", embedded=True)
    light = (255 - image[:3]) * (255 - image[3]) / 255
    image = light.cast("uchar").copy(interpretation="srgb")
    image.remove("icc-profile-data")
    return image


def _has_ink_profile(image: pyvips.Image) -> bool:
    if not image.get_typeof("icc-profile-data"):
        return False
    profile = image.get("icc-profile-data")
    return profile[16:20] == b"CMYK" and int.from_bytes(profile[:4]) <= len(profile)


def from_gamma(image: pyvips.Image, png: bytes) -> pyvips.Image:
    """Return an image in sRGB whose PNG defines its colours by gAMA and cHRM."""
    chunks = dict(_chunks_before_pixels(png))
    if b"gAMA" not in chunks or _OVERRIDING & chunks.keys():
        return image
    try:
        (gamma,) = struct.unpack(">I", chunks[b"gAMA"])
        primaries = struct.unpack(">8I", chunks[b"cHRM"]) if b"cHRM" in chunks else None
        places = tuple(place / 100_000 for place in primaries) if primaries else _SRGB
        return _in_srgb(image.colourspace("srgb"), gamma / 100_000, places)
    except (struct.error, ZeroDivisionError, pyvips.Error):
        return image  # meaningless numbers


def _chunks_before_pixels(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = _HEADER
    for _ in range(_MAX_CHUNKS):
        if (name := png[at + 4 : at + 8]) in (b"IDAT", b""):
            return
        length = int.from_bytes(png[at : at + 4])
        yield name, png[at + 8 : at + 8 + min(length, 32)]
        at += length + 12


def _in_srgb(image: pyvips.Image, gamma: float, places: tuple[float, ...]) -> pyvips.Image:
    matrix = _to_light(_SRGB).matrixinvert().matrixmultiply(_to_light(places))
    if gamma == _USUAL_GAMMA:  # stands for sRGB's own curve
        light = image[:3].colourspace("scrgb")
    else:
        light = (image[:3] / 255) ** (1 / gamma)
    colours = light.recomb(matrix).copy(interpretation="scrgb").colourspace("srgb")
    return colours.bandjoin(image[3]) if image.hasalpha() else colours


def _to_light(places: tuple[float, ...]) -> pyvips.Image:
    """Return the matrix from RGB to XYZ, both with white as 1, 1, 1."""
    white, *colours = [
        (x / y, 1, (1 - x - y) / y) for x, y in zip(places[::2], places[1::2], strict=True)
    ]
    rows = [[colour[row] / white[row] for colour in colours] for row in range(3)]
    matrix = pyvips.Image.new_from_list(rows)
    parts = matrix.matrixinvert().matrixmultiply(pyvips.Image.new_from_list([[1], [1], [1]]))
    scale = [[parts(0, row)[0] if row == column else 0 for column in range(3)] for row in range(3)]
    return matrix.matrixmultiply(pyvips.Image.new_from_list(scale))
