"""Growth of a process that stored data does not explain."""

from dataclasses import replace

import pytest

from cli.soak.usage import Usage, grown, numbers, room

BEFORE = Usage("sandbox", pss=60_000, rss=70_000, threads=5, descriptors=40)


def found(after: Usage, photos: int = 0) -> list[str]:
    return grown({7: BEFORE}, {7: after}, photos)


def test_what_stays_as_it_was_has_not_grown() -> None:
    assert found(BEFORE) == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (replace(BEFORE, pss=60_000 + 16 * 1024 + 1), "grew by 16385 KB, of which 16384 KB"),
        (replace(BEFORE, threads=10), "has 10 threads, up from 5"),
        (replace(BEFORE, descriptors=57), "has 57 open files, up from 40"),
    ],
)
def test_what_grows_beyond_its_bound_is_said(after: Usage, said: str) -> None:
    (only,) = found(after)
    assert said in only


def test_stored_photos_explain_memory() -> None:
    more = replace(BEFORE, pss=BEFORE.pss + 16 * 1024 + 400)
    assert found(more, photos=100) == []
    assert room("azurite", 1000) > room("azurite", 0) > room("sandbox", 0)
    assert room("gateway worker", 1000) == room("gateway worker", 0)


def test_a_process_that_came_or_went_is_said() -> None:
    assert grown({7: BEFORE}, {}, 0) == ["sandbox has ended"]
    assert grown({}, {7: BEFORE}, 0) == ["sandbox is a new process"]


def test_numbers_are_read_with_and_without_their_unit() -> None:
    text = "55d1-7ffc ---p 00000000 00:00 0  [rollup]\nRss:   1234 kB\nThreads:\t5\nName:\tx\n"
    assert numbers(text) == {"Rss": 1234, "Threads": 5}
