"""A photo's type and size, from its bytes."""

from io import BytesIO

import pytest
from PIL import Image

from services.gateway.images import check, sniff


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_four_formats_are_known_by_their_first_bytes(kind: str) -> None:
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, kind)
    assert sniff(file.getvalue()[:12]) == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    "head", [b"", b"BM", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE", b"<svg>", b"\xff\xd8"]
)
def test_others_are_not(head: bytes) -> None:
    assert sniff(head) is None


def test_a_stream_is_left_at_its_start() -> None:
    stream = BytesIO(b"GIF89a")
    assert check(stream) == ("image/gif", 6)
    assert stream.read() == b"GIF89a"
