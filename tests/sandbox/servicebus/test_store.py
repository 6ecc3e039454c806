"""The store of the bus: when its log is copied into its file, and the numbers that it keeps."""

import sqlite3
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


def test_no_number_is_given_twice_though_its_message_is_gone(path: Path, store: Store) -> None:
    row = add(store, b"the newest")
    store.commit()
    assert store.queue("queues/orders") == (1, 1)
    store.close()
    with closing(Store(path)) as reopened:
        assert reopened.queue("queues/orders") == (1, 1)
        reopened.delete(row)
        reopened.commit()
    with closing(Store(path)) as emptied:
        assert emptied.queue("queues/orders") == (1, 1)


def test_a_number_survives_a_deletion_that_was_undone(path: Path, store: Store) -> None:
    row = add(store, b"the newest")
    store.commit()
    store.delete(row)
    store.rollback()
    store.delete(row)
    store.commit()
    store.close()
    with closing(Store(path)) as emptied:
        assert emptied.queue("queues/orders") == (1, 1)


def test_a_store_of_the_second_layout_keeps_its_numbers(path: Path, store: Store) -> None:
    store.set_last_sequence(1, 7)
    add(store, b"an old one")
    store.set_last_sequence(1, 7)
    store.commit()
    store.close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version=2")
    with closing(Store(path)) as later:
        assert later.queue("queues/orders") == (1, 7)
