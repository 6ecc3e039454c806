"""Idempotency keys: which request makes the same thing again."""

from io import BytesIO
from uuid import UUID

from services.common.idempotency import new_id


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
    new_id("key", stream)
    assert stream.read() == b"photo"
