"""What the gateway can tell of a photo's bytes."""

from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image

from services.gateway.images import new_id, size_of, sniff


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


def test_without_a_key_an_id_is_random() -> None:
    ids = {new_id(None, BytesIO(b"photo")) for _ in range(10)}
    assert len(ids) == 10
    assert all(str(UUID(photo)) == photo for photo in ids)


def test_with_a_key_an_id_follows_from_the_key_and_the_bytes() -> None:
    first = new_id("key", BytesIO(b"photo"))
    assert new_id("key", BytesIO(b"photo")) == first
    assert new_id("key", BytesIO(b"other")) != first
    assert new_id("other", BytesIO(b"photo")) != first
    assert new_id("keyp", BytesIO(b"hoto")) != first
    assert str(UUID(first)) == first


def test_a_stream_is_left_at_its_start() -> None:
    stream = BytesIO(b"photo")
    assert size_of(stream) == 5
    new_id("key", stream)
    assert stream.read() == b"photo"
