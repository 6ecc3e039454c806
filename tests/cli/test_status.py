"""`keyless status` shows more than the services."""

from dataclasses import replace

from cli.status import dead_letters
from tests.cli.test_control import REPORT


def test_dead_letters_are_counted_for_each_entity_that_has_some() -> None:
    counts = {"photo-uploads": 0, "photo-events/subscriptions/notifier": 1, "orders": 2}
    assert list(dead_letters(replace(REPORT, dead_letters=counts))) == [
        "1 dead letter in photo-events/subscriptions/notifier",
        "2 dead letters in orders",
    ]
