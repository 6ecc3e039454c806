"""ICC profiles made from their numbers: a matrix for RGB, a curve for grey, a table for CMYK."""

import struct
from collections.abc import Sequence
from itertools import product

Matrix = Sequence[Sequence[float]]  # the colours of red, green and blue in XYZ, under D50

ADOBE_RGB: Matrix = (
    (0.60974, 0.31111, 0.01947),
    (0.20528, 0.62567, 0.06087),
    (0.14919, 0.06322, 0.74457),
)
DISPLAY_P3: Matrix = (
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
)
SRGB: Matrix = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.71410),
)
WHITE = (0.96420, 1.0, 0.82491)


def rgb(colours: Matrix, gamma: float = 2.2) -> bytes:
    """Return a profile of a matrix and one curve."""
    tags = {b"wtpt": _xyz(WHITE)}
    tags |= {
        name: _xyz(colour)
        for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colours, strict=True)
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma))
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey(gamma: float) -> bytes:
    """Return a profile of greys with a curve of its own."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(WHITE), b"kTRC": _curve(gamma)})


def cmyk() -> bytes:
    """Return a profile of inks that are duller than a screen's: each corner of the cube as Lab."""
    corners = [_ink(*inks) for inks in product((0, 1), repeat=4)]
    table = b"".join(
        struct.pack(">3B", round(light * 2.55), round(a + 128), round(b + 128))
        for light, a, b in corners
    )
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    head = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity
    lut = head + bytes(range(256)) * 4 + table + bytes(range(256)) * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(WHITE), b"A2B0": lut})


def _ink(c: int, m: int, y: int, k: int) -> tuple[float, float, float]:
    light = 100 - 35 * c - 40 * m - 8 * y
    share = 0.15 if k else 1.0
    return (
        max(light, 12) * share,
        (-35 * c + 70 * m - 5 * y) * share,
        (-45 * c - 5 * m + 85 * y) * share,
    )


def _profile(kind: bytes, space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _description(b"made for a test"), b"cprt": b"text\0\0\0\0none\0"} | tags
    at, table, data = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"test", 0x02400000, kind, space, pcs)
    head += struct.pack(">6H", 2026, 11, 3, 8, 0, 0) + b"acsp" + bytes(28)
    return (
        (head + struct.pack(">3i", *(round(v * 65536) for v in WHITE))).ljust(128, b"\0")
        + table
        + data
    )


def _description(text: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + bytes(1 + 8 + 3 + 67)


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
