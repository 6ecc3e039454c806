"""The feeds of lists are Atom, which demands the time of an update."""

from datetime import datetime
from xml.etree.ElementTree import fromstring

import pytest

from sandbox.servicebus.administration import atom
from sandbox.servicebus.administration.xml import ATOM

SOURCE = atom.Source("sb-test", "sb-test.servicebus.windows.net", "api-version=2021-05")
ENTRY = atom.Entry("q", "q", "QueueDescription", "", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")


@pytest.mark.parametrize("entries", [[], [ENTRY]])
def test_a_feed_has_the_time_of_its_update(entries: list[atom.Entry]) -> None:
    text = atom.feed(SOURCE, "Queues", "$Resources/queues", entries, "")
    feed = fromstring(text)  # noqa: S314 (the sandbox wrote it)
    updated = datetime.fromisoformat(feed.findtext(f"{{{ATOM}}}updated") or "")
    assert updated.tzinfo is not None
    assert not entries or updated.year == 2021
