"""The account of what a client holds: nothing that is held is forgotten unless it is given up."""

from typing import Any

from sandbox.servicebus.account import Holdings
from sandbox.servicebus.limits import Quota

QUOTA = Quota(2, 2, 100, 100)
LINK: Any = "link"


def test_bytes_that_come_in_pieces_add_up_and_a_piece_of_none_takes_nothing_away() -> None:
    holdings = Holdings(QUOTA)
    assert holdings.hold_more_unfinished(LINK, 60)
    assert holdings.hold_more_unfinished(LINK, 0)
    assert holdings.hold_more_unfinished(LINK, 40)
    assert not holdings.hold_more_unfinished(LINK, 1)


def test_what_a_link_holds_is_given_up_as_a_whole() -> None:
    holdings = Holdings(QUOTA)
    assert not holdings.hold_unfinished(LINK, 101)
    assert holdings.hold_unfinished(LINK)
    assert holdings.hold_unfinished(LINK, 100)
