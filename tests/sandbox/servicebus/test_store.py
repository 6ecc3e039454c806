"""The store of the bus: when its log is copied into its file."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.servicebus.serve.locking import QueuedMessage
from sandbox.servicebus.serve.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file of a store."""
    return tmp_path / "bus.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """Return a store that has written nothing for a while."""
    with closing(Store(path)) as made:
        made.queue("queues/orders")
        made.commit()
        made.checkpoint_if_quiet()
        made.checkpoint_if_quiet()
        yield made


def add(store: Store, content: bytes) -> int:
    """Store a message, without a commit. Return its row."""
    return store.add(1, QueuedMessage(row=0, sequence=1, origin=0, enqueued=0.0), content)


def test_a_checkpoint_waits_for_a_quiet_moment(store: Store, path: Path) -> None:
    add(store, b"the message")
    store.commit()
    store.checkpoint_if_quiet()
    assert b"the message" not in path.read_bytes()
    store.checkpoint_if_quiet()
    assert b"the message" in path.read_bytes()


def test_a_checkpoint_leaves_a_turn_that_has_not_ended(store: Store, path: Path) -> None:
    add(store, b"the message")
    store.commit()
    store.checkpoint_if_quiet()
    store.delete(1)
    store.checkpoint_if_quiet()
    store.rollback()
    assert store.content(1) == b"the message"
    assert b"the message" not in path.read_bytes()
    store.checkpoint_if_quiet()
    assert b"the message" in path.read_bytes()


def test_a_log_that_never_rests_does_not_grow_without_end(store: Store, path: Path) -> None:
    for _ in range(40):
        row = add(store, bytes(1 << 20))
        store.commit()
        store.delete(row)
        store.commit()
    assert path.with_name("bus.sqlite-wal").stat().st_size < 24 << 20
