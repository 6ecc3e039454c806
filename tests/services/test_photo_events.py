"""The services' events name a photo by its id, and nothing else that could become a path."""

import pytest

from services.photo_events import UPLOADED, Event, InvalidEvent, parse

PHOTO = "6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"


def test_an_event_about_a_photo_is_taken() -> None:
    event = Event(UPLOADED, "urn:keyless:gateway", PHOTO, {"size": 3})
    assert parse([event.to_json()], UPLOADED) == event


@pytest.mark.parametrize(
    "subject", ["../other", "photo", PHOTO.upper(), f"{PHOTO}/x", f"{PHOTO}\n"]
)
def test_an_event_about_anything_else_is_refused(subject: str) -> None:
    event = Event(UPLOADED, "urn:keyless:gateway", subject, {"size": 3})
    with pytest.raises(InvalidEvent, match="names no photo"):
        parse([event.to_json()], UPLOADED)
