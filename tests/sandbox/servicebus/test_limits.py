"""Usage against quotas: nothing in use is forgotten before it is released."""

from typing import Any

from sandbox.servicebus.limits import ConnectionUsage, Quota

QUOTA = Quota(2, 2, 100, 100)
LINK: Any = "link"


def test_bytes_that_come_in_pieces_add_up_and_a_piece_of_none_takes_nothing_away() -> None:
    usage = ConnectionUsage(QUOTA)
    assert usage.add_unfinished(LINK, 60)
    assert usage.add_unfinished(LINK, 0)
    assert usage.add_unfinished(LINK, 40)
    assert not usage.add_unfinished(LINK, 1)


def test_what_a_link_holds_is_given_up_as_a_whole() -> None:
    usage = ConnectionUsage(QUOTA)
    assert not usage.set_unfinished(LINK, 101)
    assert usage.set_unfinished(LINK)
    assert usage.set_unfinished(LINK, 100)
